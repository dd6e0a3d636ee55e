import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '#core/errors.ts';
import {
  checkExpiry,
  checkSessionToken,
  checkSkew,
  ChunkSignatures,
  readSignature,
  s3Payload,
  signingKey,
  verifySignatureV4,
  type SignatureDialect,
  type SignatureV4,
  type SignedRequest,
} from './sigv4.ts';
import { presignTarget, signRequest, type SigningOptions } from './sigv4-sign.ts';

const SUITE_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const S3_SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const NOW = Date.parse('2015-08-30T12:36:00Z');

/** A request as it stands in AWS's signing test suite. */
function fromRaw(method: string, target: string, rawHeaders: string[]): SignedRequest {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = (rawHeaders[i + 1] as string).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { method, target: Buffer.from(target).toString('latin1'), headers, rawHeaders };
}

function v4(request: SignedRequest, dialect: SignatureDialect): SignatureV4 {
  const signature = readSignature(request, dialect);
  assert.equal(signature?.version, 4);
  return signature as SignatureV4;
}

function refusal(run: () => unknown): ServiceError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return error;
  }
  return assert.fail('it was accepted');
}

// https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite (signatures only)
const suite: [name: string, method: string, target: string, headers: string[], signature: string][] = [
  ['get-vanilla', 'GET', '/', [], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '/', [], '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    [],
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'query-order-encoded',
    'GET',
    '/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    [],
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  ],
  ['utf8-query', 'GET', '/?ሴ=bar', [], '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'],
  ['slashes-normalized', 'GET', '//example//', [], '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84'],
  [
    'header-key-duplicate',
    'GET',
    '/',
    ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
    'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  ],
  [
    'header-value-trim',
    'GET',
    '/',
    ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  ['utf8 path', 'GET', '/ሴ', [], '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
  ['space', 'GET', '/example space/', [], '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
];

for (const [name, method, target, headers, signature] of suite) {
  test(`AWS signing test suite: ${name}`, () => {
    const names = [
      ...new Set(['host', 'x-amz-date', ...headers.filter((_, i) => i % 2 === 0).map((n) => n.toLowerCase())]),
    ].sort();
    const request = fromRaw(method, target, [
      'Host',
      'example.amazonaws.com',
      ...headers,
      'X-Amz-Date',
      '20150830T123600Z',
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    ]);
    const read = v4(request, 'query');
    assert.equal(read.accessKeyId, 'AKIDEXAMPLE');
    assert.deepEqual(read.scope, { date: '20150830', region: 'us-east-1', service: 'service' });
    verifySignatureV4(request, read, SUITE_SECRET, 'query');
    assert.equal(
      refusal(() => verifySignatureV4({ ...request, method: 'PUT' }, read, SUITE_SECRET, 'query')).code,
      'SignatureDoesNotMatch',
    );
  });
}

const s3Options: SigningOptions = {
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: S3_SECRET },
  region: 'us-east-1',
  service: 's3',
  now: Date.parse('2013-05-24T00:00:00Z'),
};
const s3Host = { host: 'examplebucket.s3.amazonaws.com' };

test('the examples of the S3 documentation sign as it says', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  const sign = (method: string, target: string, headers: Record<string, string> = {}, body?: string): string =>
    signRequest({ method, target, headers: { ...s3Host, ...headers }, ...(body !== undefined && { body }) }, s3Options)[
      'authorization'
    ]!.slice(-64);
  assert.equal(
    sign('GET', '/test.txt', { range: 'bytes=0-9' }),
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
  assert.equal(
    sign(
      'PUT',
      '/test%24file.text',
      { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      'Welcome to Amazon S3.',
    ),
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  );
  assert.equal(sign('GET', '/?lifecycle'), 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543');
  assert.equal(
    sign('GET', '/?max-keys=2&prefix=J'),
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const target = presignTarget(
    { method: 'GET', target: '/test.txt', headers: s3Host },
    { ...s3Options, expiresSeconds: 86_400 },
  );
  assert.match(target, /X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
  const request: SignedRequest = { method: 'GET', target, headers: s3Host };
  verifySignatureV4(request, v4(request, 's3'), S3_SECRET, 's3');
});

test('the signing key of the IAM documentation', () => {
  const key = signingKey(SUITE_SECRET, { date: '20150830', region: 'us-east-1', service: 'iam' });
  assert.equal(key.toString('hex'), 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
});

test('chunk signatures follow each other as the S3 documentation says', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  const chunks = new ChunkSignatures({
    secretAccessKey: S3_SECRET,
    scope: { date: '20130524', region: 'us-east-1', service: 's3' },
    amzDate: '20130524T000000Z',
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  });
  chunks.update(Buffer.alloc(40_000, 'a'));
  chunks.update(Buffer.alloc(25_536, 'a'));
  assert.equal(chunks.verifyChunk('ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'), true);
  chunks.update(Buffer.alloc(1024, 'a'));
  assert.equal(chunks.verifyChunk('0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'), true);
  assert.equal(chunks.verifyChunk('b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'), true);
});

test('the trailer signature of the S3 documentation', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  const chunks = new ChunkSignatures({
    secretAccessKey: S3_SECRET,
    scope: { date: '20130524', region: 'us-east-1', service: 's3' },
    amzDate: '20130524T000000Z',
    signature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  });
  chunks.update(Buffer.alloc(65_536, 'a'));
  assert.equal(chunks.nextSignature(), 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2');
  chunks.update(Buffer.alloc(1024, 'a'));
  assert.equal(chunks.nextSignature(), '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7');
  assert.equal(chunks.nextSignature(), '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992');
  const trailers: [string, string][] = [['x-amz-checksum-crc32c', 'sOO8/Q==']];
  assert.equal(
    chunks.verifyTrailer(trailers, 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435'),
    true,
  );
});

const options: SigningOptions = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SUITE_SECRET },
  region: 'us-east-1',
  service: 'iam',
  now: NOW,
};

function signed(
  dialect: SignatureDialect,
  change: Partial<SignedRequest> = {},
  extra: Record<string, string> = {},
): SignedRequest {
  const request = { method: 'POST', target: '/', headers: { host: 'localhost', ...extra }, body: 'Action=X' };
  const headers = signRequest(request, { ...options, service: dialect === 's3' ? 's3' : 'iam' });
  return { ...request, headers, ...change };
}

test('a changed body, header or path does not match, in the words of each protocol', () => {
  const body = Buffer.from('Action=X');
  const request = signed('query');
  verifySignatureV4(request, v4(request, 'query'), SUITE_SECRET, 'query', body);
  const tampered = refusal(() =>
    verifySignatureV4(request, v4(request, 'query'), SUITE_SECRET, 'query', Buffer.from('Action=Y')),
  );
  assert.equal(tampered.status, 403);
  assert.ok(
    tampered.message.startsWith(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:localhost\n",
    ),
  );
  assert.match(
    tampered.message,
    /The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830\/us-east-1\/iam\/aws4_request\n[0-9a-f]{64}'\n$/,
  );
  const by: Record<SignatureDialect, [string, number]> = {
    s3: ['SignatureDoesNotMatch', 403],
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    'rest-json': ['InvalidSignatureException', 403],
    ec2: ['AuthFailure', 401],
  };
  for (const [dialect, [code, status]] of Object.entries(by) as [SignatureDialect, [string, number]][]) {
    const moved = signed(dialect, { target: '/elsewhere' });
    const error = refusal(() => verifySignatureV4(moved, v4(moved, dialect), SUITE_SECRET, dialect, body));
    assert.deepEqual([error.code, error.status], [code, status]);
  }
});

test('S3 lays out the strings it compared', () => {
  const moved = signed('s3', { target: '/a b' });
  const { message, fields } = refusal(() => verifySignatureV4(moved, v4(moved, 's3'), SUITE_SECRET, 's3'));
  assert.equal(
    message,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
  assert.equal(fields['AWSAccessKeyId'], 'AKIDEXAMPLE');
  assert.match(String(fields['CanonicalRequest']), /^POST\n\/a%20b\n\n/);
  assert.match(String(fields['StringToSignBytes']), /^41 57 53 34 /);
});

test('S3 paths are encoded once, others twice', () => {
  for (const dialect of ['s3', 'rest-json'] as const) {
    const request = { method: 'GET', target: '/2015-03-31/functions/a%3Ab/x', headers: { host: 'localhost' } };
    const headers = signRequest(request, { ...options, service: dialect === 's3' ? 's3' : 'lambda' });
    const sent = { ...request, headers };
    verifySignatureV4(sent, v4(sent, dialect), SUITE_SECRET, dialect);
    const other = dialect === 's3' ? 'rest-json' : 's3';
    const wrong = { ...sent, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers } };
    refusal(() => verifySignatureV4(wrong, v4(wrong, other), SUITE_SECRET, other));
  }
});

test('every spelling of an S3 key has one signature', () => {
  const request = { method: 'GET', target: "/b/a!'(%2a%29", headers: { host: 'localhost' } };
  const plain = signRequest({ ...request, target: '/b/a%21%27%28%2A%29' }, { ...options, service: 's3' });
  const sent = { ...request, headers: plain };
  verifySignatureV4(sent, v4(sent, 's3'), SUITE_SECRET, 's3');
});

test('headers of other alphabets are signed as UTF-8, whatever node made of their bytes', () => {
  const request = signed('s3', {}, { 'x-amz-meta-name': 'Grüße ሴ' });
  const asNodeReads = Buffer.from('Grüße ሴ').toString('latin1');
  const sent = { ...request, headers: { ...request.headers, 'x-amz-meta-name': asNodeReads } };
  verifySignatureV4(sent, v4(sent, 's3'), SUITE_SECRET, 's3');
});

test('the host and x-amz- headers must be signed', () => {
  const s3 = signed('s3');
  const added = { ...s3, headers: { ...s3.headers, 'x-amz-acl': 'public-read' } };
  const error = refusal(() => verifySignatureV4(added, v4(added, 's3'), SUITE_SECRET, 's3'));
  assert.deepEqual(
    [error.code, error.status, error.message],
    ['AccessDenied', 403, 'There were headers present in the request which were not signed'],
  );
  assert.equal(error.fields['HeadersNotSigned'], 'x-amz-acl');
  const hostless = signRequest({ method: 'GET', target: '/', headers: {} }, options);
  const json = { method: 'GET', target: '/', headers: { ...hostless, host: 'localhost' } };
  assert.equal(
    refusal(() => verifySignatureV4(json, v4(json, 'json'), SUITE_SECRET, 'json')).message,
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  );
});

test('clock skew: 15 minutes behind are good, 5 ahead, 15 ahead on S3', () => {
  const minutes = (n: number): number => NOW + n * 60_000;
  const json = v4(signed('json'), 'json');
  checkSkew(json, 'json', minutes(15));
  checkSkew(json, 'json', minutes(-5));
  assert.equal(
    refusal(() => checkSkew(json, 'json', minutes(16))).message,
    'Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T125200Z - 15 min.)',
  );
  assert.equal(
    refusal(() => checkSkew(json, 'json', minutes(-6))).message,
    'Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T123000Z + 5 min.)',
  );
  const s3 = v4(signed('s3'), 's3');
  checkSkew(s3, 's3', minutes(-15));
  const error = refusal(() => checkSkew(s3, 's3', minutes(16)));
  assert.deepEqual([error.code, error.status], ['RequestTimeTooSkewed', 403]);
  assert.deepEqual(error.fields, {
    RequestTime: '20150830T123600Z',
    ServerTime: '2015-08-30T12:52:00Z',
    MaxAllowedSkewMilliseconds: 900_000,
  });
});

test('presigned URLs run out when they say', () => {
  const target = presignTarget(
    { method: 'GET', target: '/b/k', headers: { host: 'localhost' } },
    { ...options, service: 's3', expiresSeconds: 60 },
  );
  const signature = v4({ method: 'GET', target, headers: { host: 'localhost' } }, 's3');
  checkExpiry(signature, 's3', NOW + 60_000);
  const error = refusal(() => checkExpiry(signature, 's3', NOW + 61_000));
  assert.deepEqual([error.code, error.status, error.message], ['AccessDenied', 403, 'Request has expired']);
  assert.deepEqual(error.fields, {
    'X-Amz-Expires': 60,
    Expires: '2015-08-30T12:37:00Z',
    ServerTime: '2015-08-30T12:37:01Z',
  });
});

test('presigned parameters are checked as S3 does', () => {
  const good = new URLSearchParams(
    presignTarget(
      { method: 'GET', target: '/', headers: { host: 'localhost' } },
      { ...options, service: 's3', expiresSeconds: 60 },
    ).slice(2),
  );
  const message = (name: string, value: string | undefined): string => {
    const changed = new URLSearchParams(good);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    const error = refusal(() => readSignature({ method: 'GET', target: `/?${changed.toString()}`, headers: {} }, 's3'));
    assert.deepEqual([error.code, error.status], ['AuthorizationQueryParametersError', 400]);
    return error.message;
  };
  assert.match(message('X-Amz-Expires', '604801'), /must be less than a week/);
  assert.equal(message('X-Amz-Expires', '-1'), 'X-Amz-Expires must be non-negative');
  assert.equal(message('X-Amz-Expires', 'soon'), 'X-Amz-Expires should be a number');
  assert.match(message('X-Amz-Expires', undefined), /^Query-string authentication version 4 requires/);
  assert.match(message('X-Amz-Date', '2015-08-30'), /ISO8601 Long Format/);
  assert.match(
    message('X-Amz-Credential', 'AKID/20150830'),
    /^Error parsing the X-Amz-Credential parameter; the Credential is mal-formed/,
  );
  assert.match(
    message('X-Amz-Credential', 'AKID/20150829/us-east-1/s3/aws4_request'),
    /^Invalid credential date "20150829"/,
  );
  assert.match(message('X-Amz-Algorithm', 'AWS4'), /^X-Amz-Algorithm only supports/);
});

test('incomplete and mal-formed Authorization headers', () => {
  const read = (authorization: string, dialect: SignatureDialect, headers: Record<string, string> = {}): ServiceError =>
    refusal(() => readSignature({ method: 'GET', target: '/', headers: { authorization, ...headers } }, dialect));
  const nothing = read('AWS4-HMAC-SHA256 Credential=', 'query');
  assert.equal(nothing.code, 'IncompleteSignature');
  assert.match(
    nothing.message,
    /^Authorization header requires 'Credential' parameter\. Authorization header requires 'Signature' parameter\. Authorization header requires 'SignedHeaders' parameter\. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header\. \(Hashed with SHA-256 and encoded with Base64\) Authorization=/,
  );
  assert.match(
    read('AWS4-HMAC-SHA256 nonsense', 'rest-json').message,
    /^Invalid key=value pair \(missing equal-sign\)/,
  );
  const at = { 'x-amz-date': '20150830T123600Z' };
  const all = (credential: string): string =>
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=00`;
  assert.match(
    read(all('A/20150830/us-east-1/iam'), 'json', at).message,
    /^Credential must have exactly 5 slash-delimited elements/,
  );
  assert.equal(
    read(all('A/20150830/us-east-1/iam/aws4'), 'json', at).message,
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'.",
  );
  assert.match(
    read(all('A/20150829/us-east-1/iam/aws4_request'), 'json', at).message,
    /^Date in Credential scope does not match YYYYMMDD/,
  );
  assert.equal(read('Bearer x', 's3').message, 'Unsupported Authorization Type');
  assert.equal(read('AWS AKID:sig', 's3').code, 'InvalidRequest');
  assert.equal(read(all('A/b'), 's3', at).code, 'AuthorizationHeaderMalformed');
  assert.equal(
    read(all('A/20150830/us-east-1/s3/aws4_request'), 's3').message,
    'AWS authentication requires a valid Date or x-amz-date header',
  );
});

test('a request without signature is none', () => {
  assert.equal(readSignature({ method: 'GET', target: '/?a=b', headers: {} }, 's3'), undefined);
});

test('temporary credentials need their own token, in time', () => {
  const signature = { ...v4(signed('json'), 'json'), sessionToken: 'right' };
  checkSessionToken(signature, { sessionToken: 'right', expiresAt: NOW + 1 }, 'json', NOW);
  assert.equal(
    refusal(() => checkSessionToken(signature, { sessionToken: 'wrong' }, 'json', NOW)).code,
    'UnrecognizedClientException',
  );
  assert.equal(refusal(() => checkSessionToken(signature, { sessionToken: 'wrong' }, 's3', NOW)).code, 'InvalidToken');
  assert.equal(refusal(() => checkSessionToken(signature, {}, 'query', NOW)).code, 'InvalidClientTokenId');
  assert.equal(
    refusal(() => checkSessionToken({ ...signature, sessionToken: undefined }, { sessionToken: 'a' }, 'query', NOW))
      .code,
    'InvalidClientTokenId',
  );
  const codes = (['s3', 'query', 'json', 'rest-json'] as const).map(
    (dialect) =>
      refusal(() => checkSessionToken(signature, { sessionToken: 'right', expiresAt: NOW }, dialect, NOW)).code,
  );
  assert.deepEqual(codes, ['ExpiredToken', 'ExpiredToken', 'ExpiredTokenException', 'ExpiredTokenException']);
});

test('S3 says what the payload header promises', () => {
  const signature = v4(signed('s3'), 's3');
  const payload = (value: string): unknown =>
    s3Payload({ method: 'PUT', target: '/', headers: { 'x-amz-content-sha256': value } }, signature);
  assert.deepEqual(payload('UNSIGNED-PAYLOAD'), { kind: 'unsigned' });
  assert.deepEqual(payload('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'), { kind: 'chunked', signed: true, trailer: false });
  assert.deepEqual(payload('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), { kind: 'chunked', signed: false, trailer: true });
  assert.equal(refusal(() => payload('constructor')).code, 'InvalidArgument');
  assert.equal(refusal(() => s3Payload({ method: 'PUT', target: '/', headers: {} }, signature)).code, 'InvalidRequest');
});
