// Clients that write bytes as they please.
import net from 'node:net';

/** All that comes back until the other end closes, or has answered `count` requests. */
export function talk(port: number, bytes: string | Buffer, count = Infinity): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (part) => {
      text += part.toString('latin1');
      if (statusesOf(text).length >= count && endsAnswer(text)) done();
    });
    socket.on('close', done);
    socket.on('error', () => {});
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

export const statusesOf = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n/g)].map(([, status]) => Number(status));

/** The last answer has come whole. */
function endsAnswer(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '));
  const end = last.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(last.slice(0, end));
  return end >= 0 && (length === null || last.length >= end + 4 + Number(length[1]));
}

/** A connection that is open; `closed` resolves with what came back. */
export function open(port: number): Promise<{ socket: net.Socket; closed: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    const closed = new Promise<string>((ended) => socket.once('close', () => ended(text)));
    socket.on('data', (part) => (text += part.toString('latin1')));
    socket.on('error', reject);
    socket.once('connect', () => resolve({ socket: socket.setNoDelay(), closed }));
  });
}

/** Writes a byte now and then until the other end has had enough. */
export function drip(socket: net.Socket, bytes: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) clearInterval(timer);
    else socket.write(bytes[at++]!);
  }, everyMs);
  socket.on('error', () => clearInterval(timer));
  socket.once('close', () => clearInterval(timer));
}
