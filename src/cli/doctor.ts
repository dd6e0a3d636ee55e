import { lookup } from 'node:dns/promises';
import { createServer } from 'node:net';
import { listRuntimes, probeFunctions, type Check } from '#functions/index.ts';
import type { Command } from './command.ts';

const PORT = 4566;

function checkPort(): Promise<Check> {
  const check = `port ${PORT}`;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({
        check,
        ok: false,
        detail: error.code ?? error.message,
        remedy: `Stop what listens on ${PORT}, or start with --port N.`,
      }),
    );
    server.listen(PORT, '127.0.0.1', () => server.close(() => resolve({ check, ok: true, detail: 'free' })));
  });
}

/** Browsers resolve *.localhost by themselves; other programs ask the system. */
async function checkNames(): Promise<Check> {
  const check = 'names below localhost';
  try {
    const { address } = await lookup('gatehouse-doctor.localhost');
    return { check, ok: true, detail: `resolve to ${address}` };
  } catch {
    return {
      check,
      ok: false,
      detail: 'do not resolve outside browsers',
      remedy: `Install systemd-resolved or nss-myhostname; or use the path forms (http://127.0.0.1:${PORT}/_aws/execute-api/API/STAGE/…).`,
    };
  }
}

export const doctor: Command = {
  usage: 'gatehouse doctor\n\nSays what this machine offers, and the remedy for each lack. Nothing is changed.\n',
  options: {},
  async run() {
    const checks = [...(await probeFunctions()), ...(await listRuntimes()), await checkPort(), await checkNames()];
    for (const { check, ok, detail, remedy } of checks) {
      process.stdout.write(`${ok ? 'ok  ' : 'lack'}  ${check}: ${detail}\n`);
      if (remedy !== undefined) process.stdout.write(`      ${remedy}\n`);
    }
    return 0;
  },
};
