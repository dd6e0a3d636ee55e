import path from 'node:path';
import { startServer } from '#server/index.ts';
import { CommandError, parsePort, parseThrottle, userPath, type Command } from './command.ts';
import { announce, findRunning } from './running.ts';
import { untilStopped } from './stop-signal.ts';

export const serve: Command = {
  usage: `gatehouse serve --data DIR [options]

  --data DIR       where everything is kept
  --port N         default 4566
  --tls-port N     HTTPS for every name, each with its own certificate; 0 = any free port
  --host ADDRESS   default 0.0.0.0
  --domain NAME    the domain under which APIs, buckets and websites have their names; default localhost
  --account-throttle RATE[:BURST]
                   API Gateway's limit on all requests of an account; default none (AWS: 10000:5000)
  --relay URL      deliver mail through smtp://user:password@host:port

The first start writes the root account's access key to DIR/root-credentials, in the format of AWS's shared credentials file.
`,
  options: {
    data: { type: 'string' },
    port: { type: 'string' },
    'tls-port': { type: 'string' },
    host: { type: 'string' },
    domain: { type: 'string' },
    relay: { type: 'string' },
    'account-throttle': { type: 'string' },
  },
  async run(options) {
    if (!options['data']) throw new CommandError('name the folder for the data: --data DIR');
    const dataDir = userPath(options['data']);
    const running = findRunning(dataDir);
    if (running) throw new CommandError(`process ${running.pid} serves ${dataDir} already, on ${running.endpoint}`);
    const server = await startServer({
      config: {
        mode: 'serve',
        iam: 'enforce',
        dataDir,
        port: parsePort(options['port'], 4566),
        ...(options['tls-port'] !== undefined && { tlsPort: parsePort(options['tls-port'], 0) }),
        host: options['host'] ?? '0.0.0.0',
        ...(options['domain'] !== undefined && { domain: options['domain'] }),
        ...parseThrottle(options['account-throttle']),
        ...(options['relay'] !== undefined && { smtpRelay: options['relay'] }),
      },
    });
    const credentialsFile = path.join(dataDir, 'root-credentials');
    const forget = announce(dataDir, { pid: process.pid, endpoint: server.endpoint, credentialsFile });
    process.stdout.write(
      `Gatehouse serves ${dataDir} on ${server.endpoint}; the root account's key is in ${credentialsFile}\n`,
    );
    if (server.tlsPort !== undefined) process.stdout.write(`HTTPS is served on port ${server.tlsPort}\n`);
    await untilStopped();
    await server.stop();
    forget();
    return 0;
  },
};
