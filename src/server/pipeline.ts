// Requests that a client sends ahead on a connection of node:http, which would run them all at once. They take turns: only safe
// methods might run side by side (RFC 9112, 9.3.2), and one that ends the connection is the last that is looked at.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** From so many on, what else the client sends stays with it. */
const WAITING_MAX = 32;

interface Turn {
  response: ServerResponse;
  start: () => void;
}

/** Those that wait behind the one that runs. */
const lines = new WeakMap<Socket, Turn[]>();

export function inTurn(socket: Socket, turn: Turn): void {
  const waiting = lines.get(socket);
  if (!waiting) {
    const line: Turn[] = [];
    lines.set(socket, line);
    return run(socket, line, turn);
  }
  waiting.push(turn);
  if (waiting.length === WAITING_MAX) socket.pause();
}

function run(socket: Socket, line: Turn[], { response, start }: Turn): void {
  response.once('close', () => {
    const next = line.shift();
    if (!next || socket.destroyed || socket.writableEnded) lines.delete(socket);
    else {
      if (line.length === WAITING_MAX - 1) socket.resume();
      run(socket, line, next);
    }
  });
  start();
}
