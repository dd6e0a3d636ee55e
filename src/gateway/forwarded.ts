/** X-Forwarded-For: the client's address after those that proxies before us noted. */
export const forwardedFor = (before: string | undefined, remoteAddress: string): string =>
  before === undefined ? remoteAddress : `${before}, ${remoteAddress}`;

/** The port of the Host header, else of the scheme. */
export function forwardedPort(host: string | undefined, secure: boolean): string {
  if (host !== undefined) {
    const colon = host.lastIndexOf(':');
    if (colon > host.lastIndexOf(']')) {
      const port = host.slice(colon + 1);
      if (/^\d+$/.test(port)) return port;
    }
  }
  return secure ? '443' : '80';
}
