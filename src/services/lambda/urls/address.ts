// Which function URL a request is for, by Host or by path. Runs for every request of the server.

export interface UrlAddress {
  id: string;
  /** the path that the function sees, still encoded */
  path: string;
}

const HOST_MARK = '.lambda-url.';
const PATH_PREFIX = '/_aws/lambda-url/';

/** `{id}.lambda-url.{region}.<domain>` (ours or on.aws), `/_aws/lambda-url/{id}/…` for clients without such names. */
export function findUrlAddress(host: string, path: string): UrlAddress | undefined {
  const mark = host.indexOf(HOST_MARK);
  if (mark > 0) return { id: host.slice(0, mark), path };
  if (!path.startsWith(PATH_PREFIX)) return undefined;
  const rest = path.slice(PATH_PREFIX.length);
  const slash = rest.indexOf('/');
  return slash < 0 ? { id: rest, path: '/' } : { id: rest.slice(0, slash), path: rest.slice(slash) };
}
