const QUEUE_PATH = /^\/\d{12}\/[A-Za-z0-9_-]{1,80}(?:\.fifo)?$/;

/**
 * SQS's query protocol may be spoken at a queue's own URL, which then says what the parameter QueueUrl says; integrations of
 * API Gateway (`sqs:path/{account}/{queue}`) do. Empty where the parameter is given.
 */
export function queueUrlOfPath(
  parameters: readonly [string, string][],
  { host, target }: { host: string; target: string },
): [string, string][] {
  const path = target.split('?', 1)[0]!;
  if (!QUEUE_PATH.test(path) || parameters.some(([name]) => name === 'QueueUrl')) return [];
  return [['QueueUrl', `https://${host}${path}`]];
}
