// What an event source is, by its ARN.
import { parseArn } from '#core/arn.ts';
import type { ServiceError } from '#core/errors.ts';
import type { Input } from '#kernel/service-types.ts';
import { invalidParameter } from '../errors.ts';

export type Given = Partial<Omit<Input<'lambda', 'CreateEventSourceMapping'>, 'FunctionName'>>;
export type SourceKind = 'sqs' | 'kinesis' | 'dynamodb';

/** Sources that AWS has and this program does not, by the service in their ARN. */
const OTHER_SOURCES: Record<string, string> = {
  kafka: 'Amazon MSK',
  mq: 'Amazon MQ',
  rds: 'Amazon DocumentDB',
};

const unrecognized = (): ServiceError => invalidParameter('Unrecognized event source.');

/** Queues, streams and consumers of streams; throws for every other source. */
export function sourceOf(given: Given): { arn: string; kind: SourceKind } {
  if (given.SelfManagedEventSource)
    throw invalidParameter('Gatehouse does not offer self-managed Apache Kafka as an event source');
  const text = given.EventSourceArn ?? '';
  const arn = parseArn(text);
  if (!arn) throw unrecognized();
  const other = OTHER_SOURCES[arn.service];
  if (other !== undefined) throw invalidParameter(`Gatehouse does not offer ${other} as an event source`);
  const kind = kindOf(text);
  if (!kind) throw unrecognized();
  return { arn: text, kind };
}

export function kindOf(sourceArn: string): SourceKind | undefined {
  const arn = parseArn(sourceArn);
  if (arn?.service === 'sqs') return 'sqs';
  if (arn?.service === 'kinesis' && arn.resource.startsWith('stream/')) return 'kinesis';
  if (arn?.service === 'dynamodb' && /^table\/[^/]+\/stream\/./.test(arn.resource)) return 'dynamodb';
  return undefined;
}

export const queueUrlOf = (queueArn: string): string => {
  const arn = parseArn(queueArn);
  return `https://sqs.${arn?.region ?? ''}.amazonaws.com/${arn?.accountId ?? ''}/${arn?.resource ?? ''}`;
};
