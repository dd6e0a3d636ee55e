// The event that a function gets for messages of a queue, and which of them it is to get.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, .../with-sqs-filtering.html
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { compilePattern } from './event-pattern.ts';

export interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: Record<string, string>;
  messageAttributes: Record<string, unknown>;
  md5OfMessageAttributes?: string;
  md5OfBody: string;
  eventSource: 'aws:sqs';
  eventSourceARN: string;
  awsRegion: string;
}

export const toRecord = (message: Message, queueArn: string): SqsRecord => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: message.Attributes ?? {},
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
  ),
  ...(message.MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: queueArn.split(':')[3] ?? '',
});

const attributeOf = ({ StringValue, BinaryValue, DataType }: MessageAttributeValue): object => ({
  ...(StringValue !== undefined && { stringValue: StringValue }),
  ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

export type RecordFilter = (record: SqsRecord) => boolean;

/** One of the patterns must match; no pattern lets all through. */
export function compileFilters(patterns: readonly string[]): RecordFilter {
  if (patterns.length === 0) return () => true;
  const compiled = patterns.map(compilePattern);
  return (record) => {
    const parsed = parseBody(record.body);
    return compiled.some(({ matches, pattern }) => {
      const wanted = bodyKind(pattern['body']);
      if (wanted === 'text' && parsed !== undefined) return false;
      if (wanted === 'json' && parsed === undefined) return false;
      return matches({ ...record, body: parsed ?? record.body });
    });
  };
}

/** A body that is a JSON object is looked into; any other is a text. */
function parseBody(body: string): object | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

const bodyKind = (body: unknown): 'text' | 'json' | undefined =>
  body === undefined ? undefined : Array.isArray(body) ? 'text' : 'json';
