// OpenAPI 3 documents of HTTP APIs: reading, references, base paths.
import { badRequest } from '../errors.ts';

/** JSON of unknown shape: an OpenAPI document is checked where it is read. */
export type Json = any;

const DOCUMENT_BYTES_MAX = 6 * 1024 * 1024;
const REFERENCES_MAX = 20;

/** The YAML reader is loaded when it is needed: a start does without. */
export async function parseDocument(text: string): Promise<Json> {
  if (Buffer.byteLength(text) > DOCUMENT_BYTES_MAX) throw badRequest('The document is larger than 6 MB');
  let document: Json;
  try {
    document = text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : (await import('yaml')).parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`Unable to parse the OpenAPI definition: ${(error as Error).message.split('\n', 1)[0]}`);
  }
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html: 3.0 alone
  if (typeof document?.openapi !== 'string' || !document.openapi.startsWith('3.')) {
    throw badRequest('Invalid OpenAPI input. HTTP APIs support OpenAPI 3.0 definitions only');
  }
  return document;
}

/** Follows a local `$ref`. */
export function follow(document: Json, value: Json): Json {
  let current = value;
  for (let depth = 0; typeof current?.$ref === 'string' && depth < REFERENCES_MAX; depth++) {
    current = current.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce((at: Json, step: string) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  }
  return current;
}

/**
 * What stands before each path. `ignore` is the default, `prepend` takes the base path of the first server, `split` leaves
 * its first segment out: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html
 */
export function basePathOf(document: Json, mode: string | undefined): string {
  if (mode !== undefined && !['ignore', 'prepend', 'split'].includes(mode)) {
    throw badRequest('Invalid basepath specified. Valid values are ignore, prepend and split');
  }
  if (mode === undefined || mode === 'ignore') return '';
  const server = document.servers?.[0];
  const url = String(server?.url ?? '/').replace(/\{([^{}]+)\}/g, (_all, name: string) =>
    String(server?.variables?.[name]?.default ?? '').replace(/^\//, ''),
  );
  const base = new URL(url, 'http://api').pathname.replace(/\/+$/, '');
  if (mode === 'prepend') return base;
  return base.replace(/^\/[^/]*/, '');
}
