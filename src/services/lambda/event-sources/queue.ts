import { parseArn } from '#core/arn.ts';

export const queueUrlOf = (queueArn: string): string => {
  const arn = parseArn(queueArn);
  return `https://sqs.${arn?.region ?? ''}.amazonaws.com/${arn?.accountId ?? ''}/${arn?.resource ?? ''}`;
};
