// Headers of answers: ours, and the backend's where AWS lets them pass, renames or drops them.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
import type { RestExchange } from './exchange.ts';

const REMAPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'user-agent',
  'www-authenticate',
]);
const DROPPED = new Set(['keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Room for what follows is made by the caller: most answers have six to ten headers. */
export function ownHeaders(exchange: RestExchange): [string, string][] {
  return [
    ['x-amzn-RequestId', exchange.requestId],
    ['x-amz-apigw-id', exchange.extendedRequestId],
    ['X-Amzn-Trace-Id', exchange.trace],
  ];
}

/** Headers of the front, which logs and test invocations know nothing of. */
export const isFrontHeader = (name: string): boolean => name === 'x-amzn-RequestId' || name === 'x-amz-apigw-id';

/** The name under which a backend's header goes to the client; undefined when it does not. */
export function passedName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (REMAPPED.has(lower)) return `x-amzn-Remapped-${name}`;
  return DROPPED.has(lower) ? undefined : name;
}
