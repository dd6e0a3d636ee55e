/** What a server with open connections costs, as its process sees it. */
export interface Cost {
  /** after a collection of garbage, with what lies outside the heap */
  rssBytes: number;
  heapBytes: number;
  cpuMicros: number;
}

/** In the child (run with --expose-gc): says the port, and its cost whenever it is asked. */
export function serveConnections(port: number): void {
  process.on('message', () => {
    globalThis.gc?.();
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    process.send!({ rssBytes, heapBytes, cpuMicros: user + system } satisfies Cost);
  });
  process.on('disconnect', () => process.exit());
  process.send!({ port });
}
