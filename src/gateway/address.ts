// Which API a request is for, by Host or by path. Runs for every request of the server: a few comparisons, no parsing.

export interface Address {
  apiId: string;
  /** path after host or API id: begins with the stage, except where an HTTP API answers on its $default stage */
  path: string;
  /** set by the path forms that name it for certain */
  stageName?: string;
  /** set by custom domains: what stands before `path` in the URL, such as `/v1`; empty at the root */
  basePath?: string;
}

const HOST_MARK = '.execute-api.';
const PATH_PREFIX = '/_aws/execute-api/';
const CLASSIC_PREFIX = '/restapis/';
const CLASSIC_MARK = '/_user_request_';

/**
 * `{api}.execute-api.{region}.<domain>` (localhost, a domain of ours, amazonaws.com);
 * `/_aws/execute-api/{api}/…` and `/restapis/{api}/{stage}/_user_request_/…` for clients without such names.
 */
export function findAddress(host: string, path: string): Address | undefined {
  const mark = host.indexOf(HOST_MARK);
  if (mark > 0) return { apiId: host.slice(0, mark), path };
  if (path.startsWith(PATH_PREFIX)) return pathAddress(path.slice(PATH_PREFIX.length));
  if (path.startsWith(CLASSIC_PREFIX)) return classicAddress(path);
  return undefined;
}

/** As by Host, so that what a client appends to an HTTP API's address is found on $default; `$default` may be named. */
function pathAddress(rest: string): Address | undefined {
  const [apiId, first = ''] = rest.split('/', 2);
  if (!apiId) return undefined;
  const path = rest.slice(apiId.length) || '/';
  if (decode(first) !== '$default') return { apiId, path };
  return { apiId, stageName: '$default', path: path.slice(1 + first.length) || '/' };
}

function classicAddress(path: string): Address | undefined {
  const [, , apiId, stageName, word] = path.split('/', 5);
  if (!apiId || !stageName || word !== CLASSIC_MARK.slice(1)) return undefined;
  const start = CLASSIC_PREFIX.length + apiId.length + 1 + stageName.length + CLASSIC_MARK.length;
  return { apiId, stageName: decode(stageName), path: path.slice(start) || '/' };
}

/** `$default` may be sent as `%24default`. */
const decode = (text: string): string => (text.startsWith('%24') ? `$${text.slice(3)}` : text);
