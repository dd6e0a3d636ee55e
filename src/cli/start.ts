import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Platform } from '#kernel/platform.ts';
import { startServer, type RunningServer } from '#server/index.ts';
import { banner } from './banner.ts';
import { CommandError, parsePort, parseThrottle, userPath, type Command } from './command.ts';
import { parseInspect } from './inspect.ts';
import { announce, findRunning } from './running.ts';
import { untilStopped } from './stop-signal.ts';
import { findTemplate } from './template-file.ts';
import { watchPaths } from './watch.ts';

const PROBE_MS_MAX = 2000;

const USAGE = `gatehouse start [template.yaml | --empty] [options]

  --port N               default 4566; 0 = any free port
  --tls-port N           HTTPS for every name, each with its own certificate
  --host ADDRESS         default 127.0.0.1
  --data DIR             where everything is kept; default .gatehouse beside the template
  --memory               keep nothing
  --iam report|enforce   report violations of IAM policies (default), or deny them
  --lenient              warn about resource types and properties that are not supported, instead of refusing the template
  --parameter NAME=VALUE a parameter of the template; may be repeated
  --stack-name NAME      default: the name of the template's folder
  --account-throttle RATE[:BURST]
                         API Gateway's limit on all requests of an account; default none (AWS: 10000:5000)
  --inspect NAME[:PORT]  let a debugger attach to a Node function (logical id or name) on 127.0.0.1, default port 9229
  --relay URL            deliver mail through smtp://user:password@host:port as well
`;

function parseParameters(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new CommandError(`--parameter ${text}: write NAME=VALUE`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

/** Stack names are letters, digits and hyphens. */
const stackNameFor = (templateFile: string): string => {
  const name = path
    .basename(path.dirname(templateFile))
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^[^A-Za-z]+/, '');
  return name === '' ? 'app' : name.slice(0, 128);
};

async function listen(
  options: Record<string, any>,
  dataDir: string | undefined,
  warnings: string[],
): Promise<RunningServer> {
  const iam = options['iam'] ?? 'report';
  if (iam !== 'report' && iam !== 'enforce') throw new CommandError(`--iam ${iam}: write report or enforce`);
  const port = parsePort(options['port'], 4566);
  const inspect = parseInspect(options['inspect']);
  try {
    return await startServer({
      config: {
        mode: 'start',
        iam,
        port,
        ...(options['tls-port'] !== undefined && { tlsPort: parsePort(options['tls-port'], 0) }),
        host: options['host'] ?? '127.0.0.1',
        ...(dataDir !== undefined && { dataDir }),
        ...(options['relay'] !== undefined && { smtpRelay: options['relay'] }),
        ...(inspect && { inspect }),
        ...parseThrottle(options['account-throttle']),
      },
      warn(text) {
        warnings.push(text);
        process.stderr.write(`! ${text}\n`);
      },
    });
  } catch (error) {
    if ((error as { code?: string }).code === 'EADDRINUSE') {
      throw new CommandError(`port ${port} is taken: stop what listens there, or choose another with --port`);
    }
    throw error;
  }
}

/** The machine is probed beside everything else; the banner waits for the outcome, a moment at most. */
async function knownIsolation(platform: Platform): Promise<Platform['isolation']> {
  const end = performance.now() + PROBE_MS_MAX;
  while (platform.isolation.mode === 'none' && performance.now() < end) await setTimeout(10);
  return platform.isolation;
}

export const start: Command = {
  usage: USAGE,
  options: {
    empty: { type: 'boolean' },
    port: { type: 'string' },
    'tls-port': { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    memory: { type: 'boolean' },
    iam: { type: 'string' },
    lenient: { type: 'boolean' },
    parameter: { type: 'string', multiple: true },
    'stack-name': { type: 'string' },
    inspect: { type: 'string' },
    relay: { type: 'string' },
    'account-throttle': { type: 'string' },
  },
  async run(options, [named]) {
    const templateFile = options['empty'] ? undefined : findTemplate(named);
    const parameters = parseParameters(options['parameter'] ?? []);
    const beside = templateFile ? path.join(path.dirname(templateFile), '.gatehouse') : userPath('.gatehouse');
    const dataDir = options['memory'] ? undefined : options['data'] ? userPath(options['data']) : beside;
    const running = dataDir && findRunning(dataDir);
    if (running) throw new CommandError(`process ${running.pid} serves ${dataDir} already, on ${running.endpoint}`);
    const warnings: string[] = [];
    const server = await listen(options, dataDir, warnings);
    const forget =
      dataDir === undefined ? undefined : announce(dataDir, { pid: process.pid, endpoint: server.endpoint });
    const stopped = untilStopped();
    const stackName = options['stack-name'] ?? (templateFile && stackNameFor(templateFile));
    const { platform, endpoint } = server;

    let outputs: Record<string, string> = {};
    const deploy = async (): Promise<void> => {
      if (!templateFile) return;
      const began = performance.now();
      const { deployTemplate, DeploymentFailed } = await import('./deploy.ts');
      try {
        const deployed = await deployTemplate({
          platform,
          templateFile,
          stackName,
          parameters,
          lenient: options['lenient'] ?? false,
        });
        watching?.follow(deployed.files);
        outputs = deployed.outputs;
        if (watching) process.stdout.write(`served anew after ${Math.round(performance.now() - began)} ms\n`);
      } catch (error) {
        const failed = error instanceof DeploymentFailed;
        process.stderr.write(
          `\n${failed ? error.message : (error as Error).stack}\n${watching ? 'The version before goes on.' : 'Save a corrected template to try again.'}\n`,
        );
        watching?.follow(failed ? error.files : [templateFile]);
      }
    };
    let watching: ReturnType<typeof watchPaths> | undefined;
    await deploy();
    watching = watchPaths(deploy);
    if (templateFile) watching.follow([templateFile, path.dirname(templateFile)]);
    const isolation = await knownIsolation(platform);
    process.stdout.write(
      await banner(platform, {
        endpoint,
        stackName,
        ...(dataDir !== undefined && { dataDir }),
        isolation: [isolation.mode, ...isolation.reasons].join('; '),
        warnings,
        outputs,
      }),
    );
    await stopped;
    watching.stop();
    await (await import('./bundle.ts')).stopBundling();
    await server.stop();
    forget?.();
    return 0;
  },
};
