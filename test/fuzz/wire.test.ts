// Whatever bytes arrive, the wire layer answers: it parses or refuses, it never fails in another way.
// Short as a test; long: FUZZ_RUNS=200000 node --test test/fuzz/wire.test.ts (FUZZ_SEED repeats a run).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '#core/errors.ts';
import { decodeCbor, encodeCbor } from '#protocol/cbor.ts';
import { decodeChunked } from '#protocol/chunked.ts';
import { parseInput, streamedInput } from '#protocol/codec.ts';
import { Malformed } from '#protocol/malformed.ts';
import { loadModel, serviceSummaries, type OperationModel, type Protocol } from '#protocol/model.ts';
import { formTree, parsePairs } from '#protocol/query.ts';
import { findRoute, UnknownService } from '#protocol/router.ts';
import { inputValidator } from '#protocol/validate.ts';
import { parseXml } from '#protocol/xml-parser.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const seed = process.env['FUZZ_SEED'] === undefined ? {} : { seed: Number(process.env['FUZZ_SEED']) };
const parameters = { numRuns, ...seed };

/** Runs it; only the errors that are answers are swallowed. */
function answers(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (error instanceof Malformed || error instanceof ServiceError) return;
    throw error;
  }
}

const SAMPLES = [
  '{"TableName":"t","Item":{"a":{"M":{"b":{"L":[{"S":"x"},{"N":"1"},{"NULL":true}]}}}}}',
  '<?xml version="1.0"?><Delete xmlns="u"><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet></Delete>',
  'Action=CreateRole&Version=2010-05-08&RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=b%20c&X.entry.1.key=k',
  '5;chunk-signature=00\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
  encodeCbor({ a: [1, 'x', { b: true }], t: new Date(0), n: -5, f: 1.5, y: Buffer.from('bytes') }).toString('latin1'),
].map((text) => Buffer.from(text, 'latin1'));

/** Samples with bytes changed, cut out or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SAMPLES),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(3)), { maxLength: 8 }),
  )
  .map(([sample, changes]) => {
    let bytes = [...sample];
    for (const [where, value, kind] of changes) {
      const at = where % (bytes.length + 1);
      if (kind === 0) bytes[at] = value;
      else if (kind === 1) bytes.splice(at, 1);
      else if (kind === 2) bytes.splice(at, 0, value);
      else bytes = [...bytes.slice(0, at), ...bytes.slice(Math.max(0, at - 5))];
    }
    return Buffer.from(bytes);
  });
const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  mutated,
  fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
);

test('XML: parsed or refused', () => {
  fc.assert(
    fc.property(bytes, (body) => answers(() => parseXml(body))),
    parameters,
  );
});

test('CBOR: parsed or refused', () => {
  fc.assert(
    fc.property(bytes, (body) => answers(() => decodeCbor(body))),
    parameters,
  );
});

test('CBOR: any value comes back as it was', () => {
  const value = fc.anything({ withDate: false, withBigInt: false, withNullPrototype: false, maxDepth: 4 });
  const plain = value.map((one) => JSON.parse(JSON.stringify(one ?? null)) as unknown);
  fc.assert(
    fc.property(plain, (one) => assert.deepEqual(decodeCbor(encodeCbor(one)), one)),
    parameters,
  );
});

test('forms: parsed or refused', () => {
  fc.assert(
    fc.property(bytes, (body) => answers(() => formTree(parsePairs(Buffer.from(body).toString())))),
    parameters,
  );
});

test('chunk framing: decoded or refused, never more than arrived', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 64 }), async (body, size) => {
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
      }
      let total = 0;
      try {
        for await (const piece of decodeChunked(pieces())) total += piece.length;
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
      }
      assert.ok(total <= body.length);
    }),
    parameters,
  );
});

const IDS = [
  'dynamodb',
  'sqs',
  'iam',
  'cloudformation',
  's3',
  'lambda',
  'apigateway',
  'route53',
  'cloudwatch',
  'sns',
  'stepfunctions',
];
const operations: [OperationModel, Protocol][] = [];
for (const { id, protocols } of serviceSummaries) {
  if (!IDS.includes(id)) continue;
  const further: Protocol[] = protocols[0].startsWith('awsJson') ? ['rpcv2Cbor', 'awsCbor1_1'] : [];
  for (const operation of loadModel(id).operations.values()) {
    for (const protocol of new Set([...protocols, ...further])) operations.push([operation, protocol]);
  }
}

/** Values under the operation's own member names reach deeper than noise does. */
const named = (operation: OperationModel): fc.Arbitrary<Uint8Array> => {
  const names = operation.input.kind === 'structure' ? operation.input.members.map(({ name }) => name) : [];
  if (names.length === 0) return bytes;
  const text = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });
  return fc.oneof(
    bytes,
    text.map((value) => Buffer.from(JSON.stringify(value))),
    text.map((value) => encodeCbor(value)),
  );
};
const target = fc
  .constantFrom(...operations)
  .chain(([operation, protocol]) =>
    fc.record({ operation: fc.constant(operation), protocol: fc.constant(protocol), body: named(operation) }),
  );
const header = fc.string({ maxLength: 30 });

test('inputs of every protocol: parsed or refused; what is parsed can be validated', () => {
  fc.assert(
    fc.property(
      target,
      fc.array(fc.tuple(header, header), { maxLength: 5 }),
      ({ operation, protocol, body }, pairs) => {
        answers(() => {
          const input = parseInput(operation, protocol, {
            headers: Object.fromEntries(pairs),
            query: pairs,
            labels: {},
            body: streamedInput(operation) ? Buffer.alloc(0) : body,
            form: parsePairs(Buffer.from(body).toString()),
          });
          inputValidator(operation)(input);
        });
      },
    ),
    parameters,
  );
});

const path = fc.oneof(
  fc.webPath(),
  fc.string({ maxLength: 60 }).map((text) => `/${text}`),
  fc.constantFrom(
    '/',
    '//',
    '/bkt',
    '/bkt/',
    '/bkt//',
    '/2015-03-31/functions/f/invocations',
    '/v20180820/jobs',
    '/service/X/operation/Y',
  ),
);
const scope = fc.constantFrom('s3', 'lambda', 'apigateway', 'ses', 'sqs', 'iam', 'nope', 'execute-api', undefined);

test('routes: found, or a refusal that names the service', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS', 'X'),
      path,
      fc.array(
        fc.tuple(
          fc.oneof(header, fc.constantFrom('Action', 'Version', 'list-type', 'uploadId', 'x-id', 'delete')),
          header,
        ),
        { maxLength: 4 },
      ),
      fc.dictionary(
        fc.constantFrom('x-amz-target', 'smithy-protocol', 'content-type', 'user-agent', 'x-amz-copy-source'),
        header,
      ),
      scope,
      fc.oneof(
        fc.domain(),
        fc.constantFrom('localhost', 'b.s3.localhost', 'lambda.us-east-1.amazonaws.com', '127.0.0.1'),
      ),
      (method, where, query, headers, service, host) => {
        const authorization = `AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
        try {
          const found = findRoute({
            method,
            path: where,
            query,
            headers: { ...headers, ...(service && { authorization }) },
            host,
            domains: ['localhost', 'amazonaws.com'],
          });
          assert.ok(found.service.id);
        } catch (error) {
          if (!(error instanceof UnknownService || error instanceof URIError)) throw error;
        }
      },
    ),
    parameters,
  );
});
