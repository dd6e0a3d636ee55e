// OpenAPI 2 and 3 documents: reading, references, base paths, and what they say of the API itself.
import { BodyTooLarge, readBody } from '#core/http.ts';
import { badRequest } from './errors.ts';
import { jacksonJson } from './jackson-json.ts';
import { refuseMissing } from './offered.ts';
import type { RestApiRecord } from './store.ts';

/** JSON of unknown shape: an OpenAPI document is checked where it is read. */
export type Json = any;
const DOCUMENT_BYTES_MAX = 6 * 1024 * 1024;

/** `body` as an operation gets it: bytes that may still come, or text of an internal call. */
export async function parseDocument(body: unknown): Promise<Json> {
  const text = await textOf(body);
  let document: Json;
  try {
    document = text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : (await import('yaml')).parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`Invalid OpenAPI input. Unable to parse: ${(error as Error).message.split('\n')[0]}`);
  }
  const version = document?.swagger ?? document?.openapi;
  if (version === undefined || !/^(2\.|3\.)/.test(String(version)))
    throw badRequest('Invalid OpenAPI input. Only OpenAPI 2.0 and 3.0 are supported.');
  return document;
}

async function textOf(body: unknown): Promise<string> {
  try {
    const bytes = typeof body === 'string' ? Buffer.from(body) : (body as AsyncIterable<Uint8Array>);
    return (await readBody(bytes, DOCUMENT_BYTES_MAX)).toString();
  } catch (error) {
    if (error instanceof BodyTooLarge) throw badRequest('The document is larger than 6 MB.');
    throw error;
  }
}

/** Follows a local `$ref`. */
export const follow = (document: Json, value: Json): Json => {
  let current = value;
  for (let depth = 0; typeof current?.$ref === 'string' && depth < 20; depth++) {
    current = current.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce((at: Json, step: string) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  }
  return current;
};

export const modelName = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** References between models become addresses of models of this API, as API Gateway writes them. */
export function schemaText(schema: Json, apiId: string): string {
  const text = JSON.stringify(schema, (key, value: Json) =>
    key === '$ref' && typeof value === 'string'
      ? `https://apigateway.amazonaws.com/restapis/${apiId}/models/${modelName(value)}`
      : value,
  );
  return jacksonJson(JSON.parse(text));
}

/** `basepath=prepend` puts the document's base path before each path, `split` its first segment aside; `ignore` is the default. */
export function basePathOf(document: Json, mode: string | undefined): string {
  const url =
    document.basePath ??
    new URL(
      document.servers?.[0]?.url?.replace(/\{basePath\}/, document.servers[0].variables?.basePath?.default ?? '') ??
        '/',
      'http://x',
    ).pathname;
  const base = String(url).replace(/\/$/, '');
  if (mode === 'prepend') return base;
  if (mode === 'split')
    return base
      .split('/')
      .slice(2)
      .map((part: string) => `/${part}`)
      .join('');
  return '';
}

/** The members of the API itself that a document sets. */
export function settingsOf(document: Json): Partial<RestApiRecord> {
  const policy = document['x-amazon-apigateway-policy'];
  const endpoint =
    document['x-amazon-apigateway-endpoint-configuration'] ??
    document.servers?.[0]?.['x-amazon-apigateway-endpoint-configuration'];
  if (endpoint?.vpcEndpointIds?.length) refuseMissing('privateEndpoints');
  const size = document['x-amazon-apigateway-minimum-compression-size'];
  const securityPolicy = document['x-amazon-apigateway-security-policy'];
  const endpointAccessMode = document['x-amazon-apigateway-endpoint-access-mode'];
  return {
    ...(document.info?.description !== undefined && { description: document.info.description }),
    ...(document.info?.version !== undefined && { version: String(document.info.version) }),
    ...(document['x-amazon-apigateway-binary-media-types'] && {
      binaryMediaTypes: document['x-amazon-apigateway-binary-media-types'],
    }),
    ...(size !== undefined && { minimumCompressionSize: Number(size) }),
    ...(document['x-amazon-apigateway-api-key-source'] && {
      apiKeySource: document['x-amazon-apigateway-api-key-source'],
    }),
    ...(securityPolicy !== undefined && { securityPolicy }),
    ...(endpointAccessMode !== undefined && { endpointAccessMode }),
    ...(policy && { policy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
    ...(endpoint?.disableExecuteApiEndpoint !== undefined && {
      disableExecuteApiEndpoint: endpoint.disableExecuteApiEndpoint,
    }),
  };
}
