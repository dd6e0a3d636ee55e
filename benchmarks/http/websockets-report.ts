/** What a server with open connections costs, as its process sees it. */
export interface Cost {
  /** after a collection of garbage, with what lies outside the heap */
  rssBytes: number;
  heapBytes: number;
  /** used until now; measuring itself comes after */
  cpuMicros: number;
  /** with that */
  cpuAfterMicros: number;
}

/** In the child (run with --expose-gc): says the port, and its cost whenever it is asked. */
export function serveConnections(port: number): void {
  const cpu = (): number => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  process.on('message', () => {
    const cpuMicros = cpu();
    globalThis.gc?.();
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    process.send!({ rssBytes, heapBytes, cpuMicros, cpuAfterMicros: cpu() } satisfies Cost);
  });
  process.on('disconnect', () => process.exit());
  process.send!({ port });
}
