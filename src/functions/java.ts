// The machine's own JVM: where it lies, which version; and how AWS's runtime interface client for Java is started in it.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { IsolationMode } from './contract.ts';
import { TRUST_STORE } from './root-template.ts';
import type { Runtime } from './runtimes.ts';

export interface JavaMachine {
  /** JAVA_HOME on the host */
  home: string;
  /** '17' */
  version: string;
}

/** where JAVA_HOME is bound inside a sandbox */
export const JAVA_INSIDE = 'var/lang/java';
const SYSTEM_FOLDER = '/usr/lib/jvm';
const MAIN_CLASS = 'com.amazonaws.services.lambda.runtime.api.client.AWSLambda';
/** of the function's memory; AWS's own start line has the same */
const HEAP_SHARE = 0.85;
const JAVA_MS_MAX = 10_000;

/** The JVM of exactly this version if there is one, else the oldest newer one: bytecode runs on later machines. */
export async function findJava(version: string): Promise<JavaMachine | undefined> {
  const found = (await findAllJava()).toSorted((a, b) => Number(a.version) - Number(b.version));
  return found.find((each) => Number(each.version) >= Number(version));
}

export async function findAllJava(): Promise<JavaMachine[]> {
  const system = await readdir(SYSTEM_FOLDER).catch(() => []);
  const homes = [process.env['JAVA_HOME'], await homeOnPath(), ...system.map((name) => join(SYSTEM_FOLDER, name))];
  const real = await Promise.all(homes.map(async (home) => (home ? realpath(home).catch(() => undefined) : undefined)));
  const unique = [...new Set(real)].filter((home) => home !== undefined && existsSync(join(home, 'bin/java')));
  const described = await Promise.all(unique.map((home) => describe(home as string)));
  return described.filter((machine) => machine !== undefined);
}

export const javaRemedy = (version: string): string =>
  `install one, for example apt-get install openjdk-${version}-jre-headless, or set JAVA_HOME.`;

async function homeOnPath(): Promise<string | undefined> {
  const output = await run('sh', ['-c', 'command -v java']);
  if (!output) return undefined;
  const executable = await realpath(output.trim()).catch(() => undefined);
  return executable?.endsWith('/bin/java') ? executable.slice(0, -'/bin/java'.length) : undefined;
}

async function describe(home: string): Promise<JavaMachine | undefined> {
  const output = await run(join(home, 'bin/java'), ['-XshowSettings:properties', '-version']);
  // 1.8 until Java 8, then 9 and so on
  const version = /java\.specification\.version = (?:1\.)?(\d+)/.exec(output ?? '')?.[1];
  return version === undefined ? undefined : { home, version };
}

/** What a program says, on both outputs: `java -version` writes to the error output. */
function run(command: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: JAVA_MS_MAX }, (error, stdout, stderr) =>
      resolve(error ? undefined : stdout + stderr),
    );
  });
}

export function javaCommand(
  { brings = '' }: Runtime,
  { home, version }: JavaMachine,
  { memoryMb, handler, mode }: { memoryMb: number; handler: string; mode: IsolationMode },
): string[] {
  const inside = mode !== 'process';
  const runtime = inside ? '/var/runtime' : brings;
  return [
    join(inside ? `/${JAVA_INSIDE}` : home, 'bin/java'),
    `-XX:MaxHeapSize=${Math.floor(memoryMb * HEAP_SHARE * 1024)}k`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    // the client opens its log by a file descriptor's number
    ...(Number(version) > 8 ? ['--add-opens=java.base/java.io=ALL-UNNAMED'] : []),
    ...(inside ? [`-Djavax.net.ssl.trustStore=${TRUST_STORE}`, '-Djavax.net.ssl.trustStoreType=jks'] : []),
    '-cp',
    `${runtime}/lib/*`,
    MAIN_CLASS,
    handler,
  ];
}
