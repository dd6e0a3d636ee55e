/** The connection's own: not taken from a backend. */
const DROPPED = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The name under which a backend's header goes to the client; undefined when it does not. */
export const passedName = (name: string): string | undefined => (DROPPED.has(name.toLowerCase()) ? undefined : name);
