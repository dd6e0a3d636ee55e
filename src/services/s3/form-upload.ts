// Browser uploads: POST of a form to a bucket. No operation of the model, but PutObject with other clothes on.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import type { HttpFacts } from '#kernel/context.ts';
import { runOperation } from '#kernel/create-call.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import { invalidArgument, noSuchBucket } from './errors.ts';
import { boundaryOf, readForm, type Form } from './form-data.ts';
import { bareHostBucket, apiHostBucket } from './hosts.ts';
import { authenticateForm } from './form-signature.ts';
import { isBucketName } from './bucket-names.ts';
import { checkPostPolicy, parsePostPolicy, sized } from './post-policy.ts';
import { findBucket } from './store.ts';
import { idHeaders, serializeError } from './wire.ts';

/** Form fields that are headers of PutObject. */
const HEADER_MEMBERS: Record<string, string> = {
  acl: 'ACL',
  'cache-control': 'CacheControl',
  'content-type': 'ContentType',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  expires: 'Expires',
  'x-amz-storage-class': 'StorageClass',
  'x-amz-server-side-encryption': 'ServerSideEncryption',
  'x-amz-server-side-encryption-aws-kms-key-id': 'SSEKMSKeyId',
  'x-amz-website-redirect-location': 'WebsiteRedirectLocation',
  'x-amz-checksum-algorithm': 'ChecksumAlgorithm',
  'x-amz-checksum-crc32': 'ChecksumCRC32',
  'x-amz-checksum-crc32c': 'ChecksumCRC32C',
  'x-amz-checksum-crc64nvme': 'ChecksumCRC64NVME',
  'x-amz-checksum-sha1': 'ChecksumSHA1',
  'x-amz-checksum-sha256': 'ChecksumSHA256',
};

export function createFormPlane(platform: Platform): DataPlane {
  const { domain } = platform.config;
  return {
    id: 's3-form',
    match(host, path, request) {
      if (request.method !== 'POST') return undefined;
      const boundary = boundaryOf(request.headers['content-type'] ?? '');
      if (boundary === undefined) return undefined;
      const named = apiHostBucket(host, domain) ?? bareHostBucket(host, domain);
      const bucket = named === undefined ? /^\/([^/]+)\/?$/.exec(path)?.[1] : path === '/' ? named : undefined;
      if (bucket === undefined || !isBucketName(bucket)) return undefined;
      return () => upload(platform, bucket, boundary, request);
    },
  };
}

async function upload(
  platform: Platform,
  bucket: string,
  boundary: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  const requestId = platform.ids.upper(16);
  const answer: NonNullable<HttpFacts['answer']> = { headers: [] };
  let response: HttpResponse;
  try {
    response = await store(platform, bucket, await readForm(request.body, boundary), request, requestId, answer);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    response = serializeError(error, { requestId, method: 'POST' });
  }
  response.headers.push(...answer.headers);
  return response;
}

async function store(
  platform: Platform,
  bucketName: string,
  form: Form,
  request: HttpRequest,
  requestId: string,
  answer: NonNullable<HttpFacts['answer']>,
): Promise<HttpResponse> {
  const bucket = await findBucket(platform.store, bucketName);
  if (!bucket) throw noSuchBucket(bucketName);
  const fields = new Map(form.fields.map(([name, value]) => [name.toLowerCase(), value]));
  const { file } = form;
  if (!fields.has('key')) {
    throw invalidArgument(
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
      'key',
      '',
    );
  }
  if (!file) throw invalidArgument('POST requires exactly one file upload per request.', 'file', 0);
  const key = (fields.get('key') ?? '').replaceAll('${filename}', file.name);
  if (key === '') throw invalidArgument('User key must have a length greater than 0.', 'key', '');
  const principal = await authenticateForm(platform, fields);
  const policyText = fields.get('policy');
  const policy = policyText === undefined ? undefined : parsePostPolicy(Buffer.from(policyText, 'base64').toString());
  if (policy) checkPostPolicy(policy, new Map([...fields, ['bucket', bucketName]]), platform.clock.now());
  const input = { ...membersOf(fields), Bucket: bucketName, Key: key, Body: sized(file.bytes, policy?.sizes) };
  const stored = await putObject(platform, input, principal, bucket, request, requestId, answer);
  return success(stored, bucketName, key, fields, request, requestId);
}

function membersOf(fields: ReadonlyMap<string, string>): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of fields) {
    const member = HEADER_MEMBERS[name];
    if (member !== undefined) members[member] = value;
    if (name.startsWith('x-amz-meta-')) metadata[name.slice('x-amz-meta-'.length)] = value;
  }
  const tagging = fields.get('tagging');
  return {
    ...members,
    ...(Object.keys(metadata).length > 0 && { Metadata: metadata }),
    ...(tagging !== undefined && { Tagging: taggingHeaderOf(tagging) }),
  };
}

/** The form carries tags as XML: <Tagging><TagSet><Tag><Key>… */
function taggingHeaderOf(xml: string): string {
  const pairs = [...xml.matchAll(/<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>([^<]*)<\/Value>\s*<\/Tag>/g)];
  const decode = (text = ''): string =>
    encodeURIComponent(
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&apos;', "'")
        .replaceAll('&amp;', '&'),
    );
  return pairs.map(([, name, value]) => `${decode(name)}=${decode(value)}`).join('&');
}

type Stored = Partial<Record<'ETag' | 'VersionId' | 'ServerSideEncryption' | 'SSEKMSKeyId', string>>;

/** Over the wire as far as policies and CORS are concerned; the length of the file alone is not known beforehand. */
async function putObject(
  platform: Platform,
  input: object,
  principal: Principal,
  bucket: { accountId: string; region: string },
  request: HttpRequest,
  requestId: string,
  answer: NonNullable<HttpFacts['answer']>,
): Promise<Stored> {
  const { headers, remoteAddress, secure, target, signal } = request;
  const http: HttpFacts = {
    method: 'POST',
    host: headers['host'] ?? '',
    target,
    headers: {
      'user-agent': headers['user-agent'] ?? '',
      ...(headers['origin'] !== undefined && { origin: headers['origin'] }),
    },
    sourceIp: remoteAddress,
    userAgent: headers['user-agent'] ?? '',
    secure,
    answer,
  };
  const { accountId, region } = bucket;
  return (await runOperation(platform, 's3', 'PutObject', input, {
    as: principal,
    accountId,
    region,
    requestId,
    signal,
    http,
  })) as Stored;
}

const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** success_action_redirect, else success_action_status: 204 without a body unless the form asks for 200 or 201. */
function success(
  stored: Stored,
  bucket: string,
  key: string,
  fields: ReadonlyMap<string, string>,
  request: HttpRequest,
  requestId: string,
): HttpResponse {
  const etag = stored.ETag ?? '';
  const { host = '' } = request.headers;
  const path = key.split('/').map(encodeURIComponent).join('/');
  const base = host.startsWith(`${bucket}.`) ? host : `${host}/${bucket}`;
  const location = `${request.secure ? 'https' : 'http'}://${base}/${path}`;
  const headers: [string, string][] = [
    ...idHeaders(requestId),
    ['etag', etag],
    ['x-amz-server-side-encryption', stored.ServerSideEncryption ?? 'AES256'],
    ...(stored.SSEKMSKeyId === undefined
      ? []
      : [['x-amz-server-side-encryption-aws-kms-key-id', stored.SSEKMSKeyId] as [string, string]]),
    ...(stored.VersionId === undefined ? [] : [['x-amz-version-id', stored.VersionId] as [string, string]]),
  ];
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect);
    for (const [name, value] of [
      ['bucket', bucket],
      ['key', key],
      ['etag', etag],
    ])
      url.searchParams.append(name ?? '', value ?? '');
    return { status: 303, headers: [...headers, ['location', url.href]] };
  }
  headers.push(['location', location]);
  const status = fields.get('success_action_status');
  if (status === '201') {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<PostResponse><Location>${escapeXml(location)}</Location><Bucket>${bucket}</Bucket>` +
      `<Key>${escapeXml(key)}</Key><ETag>${escapeXml(etag)}</ETag></PostResponse>`;
    return { status: 201, headers: [...headers, ['content-type', 'application/xml']], body };
  }
  return { status: status === '200' ? 200 : 204, headers };
}
