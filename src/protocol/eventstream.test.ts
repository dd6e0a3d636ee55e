import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { ServiceError } from '#core/errors.ts';
import { encodeEvents, encodeMessage } from './eventstream.ts';
import { loadModel, type StructureShape } from './model.ts';

/** Reads one frame back, checking both checksums. */
function decode(message: Buffer): { headers: Record<string, string>; payload: string } {
  assert.equal(message.readUInt32BE(0), message.length);
  assert.equal(message.readUInt32BE(8), crc32(message.subarray(0, 8)));
  assert.equal(message.readUInt32BE(message.length - 4), crc32(message.subarray(0, -4)));
  const headers: Record<string, string> = {};
  const end = 12 + message.readUInt32BE(4);
  for (let at = 12; at < end;) {
    const nameLength = message.readUInt8(at);
    const name = message.toString('utf8', at + 1, at + 1 + nameLength);
    at += 1 + nameLength + 1;
    const valueLength = message.readUInt16BE(at);
    headers[name] = message.toString('utf8', at + 2, at + 2 + valueLength);
    at += 2 + valueLength;
  }
  return { headers, payload: message.toString('utf8', end, message.length - 4) };
}

test('a frame: lengths, headers, checksums', () => {
  const { headers, payload } = decode(encodeMessage([[':event-type', 'A']], Buffer.from('body')));
  assert.deepEqual([headers, payload], [{ ':event-type': 'A' }, 'body']);
});

function unionOf(service: string, operation: string, name: string): StructureShape {
  const output = loadModel(service).operations.get(operation)!.output as StructureShape;
  return output.members.find((member) => member.name === name)!.shape as StructureShape;
}

async function framesOf(events: AsyncIterable<Uint8Array>): Promise<ReturnType<typeof decode>[]> {
  const frames = [];
  for await (const frame of events) frames.push(decode(Buffer.from(frame)));
  return frames;
}

test('a failure in the middle is told inside the stream: modelled as exception, other as error', async () => {
  const union = unionOf('logs', 'StartLiveTail', 'responseStream');
  async function* failing(code: string): AsyncGenerator<Record<string, unknown>> {
    yield { sessionUpdate: { sessionResults: [] } };
    throw new ServiceError(code, 'too long');
  }
  const modelled = await framesOf(encodeEvents(union, failing('SessionTimeoutException'), 'awsJson1_1'));
  assert.deepEqual(modelled[1], {
    headers: {
      ':exception-type': 'SessionTimeoutException',
      ':content-type': 'application/json',
      ':message-type': 'exception',
    },
    payload: '{"message":"too long"}',
  });
  const other = await framesOf(encodeEvents(union, failing('Nope'), 'awsJson1_1'));
  assert.deepEqual(other[1]!.headers, {
    ':error-code': 'Nope',
    ':error-message': 'too long',
    ':message-type': 'error',
  });
});

test('S3 Select: payload bytes, statistics as XML, an empty end', async () => {
  const union = unionOf('s3', 'SelectObjectContent', 'Payload');
  async function* events(): AsyncGenerator<Record<string, unknown>> {
    yield { Records: { Payload: Buffer.from('a,b\n') } };
    yield { Stats: { Details: { BytesScanned: 4 } } };
    yield { End: {} };
  }
  const frames = await framesOf(encodeEvents(union, events(), 'restXml'));
  assert.deepEqual(
    frames.map(({ headers, payload }) => [headers[':event-type'], headers[':content-type'], payload]),
    [
      ['Records', 'application/octet-stream', 'a,b\n'],
      ['Stats', 'text/xml', '<Stats><BytesScanned>4</BytesScanned></Stats>'],
      ['End', undefined, ''],
    ],
  );
});
