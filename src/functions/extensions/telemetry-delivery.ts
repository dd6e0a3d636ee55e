// Where telemetry goes: HTTP with one array a batch, or TCP with one line an event (docs: telemetry-api, destinations).
import type { Agent, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { http } from '#core/builtin-http.ts';
import type { Destination } from './telemetry-request.ts';
import type { Deliver } from './telemetry-subscription.ts';

/** Opens a connection to a port inside the sandbox. */
export type Dial = (port: number) => Promise<Socket>;

export const deliverTo = (destination: Destination, dial: Dial): Deliver =>
  destination.protocol === 'HTTP' ? overHttp(destination, dial) : overTcp(destination.port, dial);

function overHttp({ method, port, path }: Extract<Destination, { protocol: 'HTTP' }>, dial: Dial): Deliver {
  const agent: Agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = ((_options: unknown, done: (error: Error | null, socket?: Socket) => void) => {
    dial(port).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }) as never;
  return (events) => {
    const body = `[${events.join(',')}]`;
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const host = 'sandbox.localdomain';
    return new Promise((resolve, reject) => {
      const request = http.request({ agent, host, port, method, path, headers }, (response) =>
        settle(response, resolve, reject),
      );
      request.on('error', reject);
      request.end(body);
    });
  };
}

function settle(response: IncomingMessage, resolve: () => void, reject: (error: Error) => void): void {
  const { statusCode = 500 } = response;
  response.on('error', reject);
  response.on('end', () => (statusCode < 300 ? resolve() : reject(new Error(`status ${statusCode}`))));
  response.resume();
}

function overTcp(port: number, dial: Dial): Deliver {
  let open: Socket | undefined;
  return async (events) => {
    const socket = open ?? (await dial(port));
    if (open !== socket) {
      open = socket;
      socket.on('error', () => {});
      socket.on('close', () => (open = undefined));
      socket.resume();
    }
    const text = events.map((event) => `${event}\n`).join('');
    await new Promise<void>((resolve, reject) => {
      socket.write(text, (error) => (error ? reject(error) : resolve()));
    });
  };
}
