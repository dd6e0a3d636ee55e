// A load generator that costs little: keep-alive connections, one request in flight on each, answers by Content-Length.
import net from 'node:net';

export interface LoadOptions {
  port: number;
  /** one complete HTTP/1.1 request */
  request: string;
  connections: number;
  ms: number;
  /** what is counted as it should be */
  status?: string;
}

export interface LoadResult {
  requestsPerSecond: number;
  /** other statuses, with their count */
  others: Record<string, number>;
}

export async function load({
  port,
  request,
  connections,
  ms,
  status: expected = '200',
}: LoadOptions): Promise<LoadResult> {
  const bytes = Buffer.from(request);
  const others: Record<string, number> = {};
  let count = 0;
  let running = true;
  const begin = performance.now();
  const clients = Array.from({ length: connections }, () => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let held: Buffer | undefined;
    socket.on('data', (chunk: Buffer) => {
      const data = held ? Buffer.concat([held, chunk]) : chunk;
      held = data;
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = data.toString('latin1', 0, end).toLowerCase();
      const at = head.indexOf('content-length: ');
      const length = at < 0 ? 0 : Number.parseInt(head.slice(at + 16, at + 26), 10);
      if (data.length < end + 4 + length) return;
      held = undefined;
      const status = head.slice(9, 12);
      if (status !== expected) others[status] = (others[status] ?? 0) + 1;
      count++;
      if (running) socket.write(bytes);
    });
    socket.on('error', () => {});
    socket.once('connect', () => socket.write(bytes));
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  running = false;
  const seconds = (performance.now() - begin) / 1000;
  const requestsPerSecond = count / seconds;
  for (const client of clients) client.destroy();
  return { requestsPerSecond, others };
}
