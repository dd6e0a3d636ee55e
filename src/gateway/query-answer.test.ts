import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceSummaries } from '#protocol/model.ts';
import { queryAnswerAsJson } from './query-answer.ts';

const sqs = serviceSummaries.find(({ id }) => id === 'sqs')!;
const metadata = '<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>';
const answer = (operation: string, result: string): unknown => {
  const xml = `<${operation}Response><${operation}Result>${result}</${operation}Result>${metadata}</${operation}Response>`;
  const json: unknown = JSON.parse(queryAnswerAsJson(Buffer.from(xml), sqs)!);
  return (json as Record<string, Record<string, unknown>>)[`${operation}Response`]![`${operation}Result`];
};

test('one message is a list of one, and what it does not have is null', () => {
  const message = '<MessageId>m</MessageId><ReceiptHandle>h</ReceiptHandle><MD5OfBody>d</MD5OfBody><Body>b</Body>';
  const got = {
    Attributes: null,
    Body: 'b',
    MD5OfBody: 'd',
    MD5OfMessageAttributes: null,
    MessageAttributes: null,
    MessageId: 'm',
    ReceiptHandle: 'h',
  };
  assert.deepEqual(answer('ReceiveMessage', `<Message>${message}</Message>`), { messages: [got] });
  assert.deepEqual(answer('ReceiveMessage', ''), { messages: null });
  const attribute = '<Attribute><Name>SenderId</Name><Value>me</Value></Attribute>';
  assert.deepEqual(answer('ReceiveMessage', `<Message>${message}${attribute}</Message>`), {
    messages: [{ ...got, Attributes: [{ Name: 'SenderId', Value: 'me' }] }],
  });
});

test('a sent message has every member of the result', () => {
  assert.deepEqual(answer('SendMessage', '<MessageId>m</MessageId><MD5OfMessageBody>d</MD5OfMessageBody>'), {
    MD5OfMessageAttributes: null,
    MD5OfMessageBody: 'd',
    MD5OfMessageSystemAttributes: null,
    MessageId: 'm',
    SequenceNumber: null,
  });
});

test('an error has no root; text that is no XML is not for this', () => {
  const error = '<ErrorResponse><Error><Code>C</Code></Error><RequestId>r</RequestId></ErrorResponse>';
  assert.deepEqual(JSON.parse(queryAnswerAsJson(Buffer.from(error), sqs)!), { Error: { Code: 'C' }, RequestId: 'r' });
  assert.equal(queryAnswerAsJson(Buffer.from('{}'), sqs), undefined);
});
