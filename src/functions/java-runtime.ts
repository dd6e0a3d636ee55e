// What the Java runtimes bring: AWS's runtime interface client, by name and version from Maven, pinned by checksum. It is
// fetched when somebody asks for it (`gatehouse runtime add java`) and never as a side effect of a call to the API.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomIds } from '#core/ids.ts';

export const JAVA_FOLDER = fileURLToPath(new URL('../../runtimes/java', import.meta.url));
export const JAVA_REMEDY = 'npm run gatehouse -- runtime add java';
const MAVEN = 'mvn';
const MAVEN_MS_MAX = 300_000;

/** The folder that becomes /var/runtime, once it is complete. */
export const findJavaRuntime = (): string | undefined =>
  existsSync(join(JAVA_FOLDER, 'lib')) ? JAVA_FOLDER : undefined;

const checksums = (): Record<string, string> =>
  JSON.parse(readFileSync(join(JAVA_FOLDER, 'checksums.json'), 'utf8')) as Record<string, string>;

/** Fetches it with Maven, or takes the files from a folder. Throws when one is not what it must be. */
export async function addJavaRuntime(from?: string): Promise<string> {
  const temporary = join(JAVA_FOLDER, `.lib-${randomIds.lower(8)}`);
  await mkdir(temporary);
  try {
    if (from === undefined) await fetchByMaven(temporary);
    for (const [name, expected] of Object.entries(checksums())) {
      const file = join(temporary, name);
      if (from !== undefined) await copyFile(join(from, name), file);
      const actual = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      if (actual !== expected) throw new Error(`${name} has SHA-256 ${actual}, not ${expected}`);
    }
    const lib = join(JAVA_FOLDER, 'lib');
    await rm(lib, { recursive: true, force: true });
    await rename(temporary, lib);
    return lib;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function fetchByMaven(outputDirectory: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${outputDirectory}`];
  return new Promise((resolve, reject) => {
    const options = { timeout: MAVEN_MS_MAX };
    execFile(MAVEN, ['-q', '-B', '-f', join(JAVA_FOLDER, 'pom.xml'), ...goal], options, (error, stdout, stderr) => {
      if (!error) return resolve();
      const missing = error.code === 'ENOENT';
      reject(
        new Error(
          missing ? 'mvn (Maven) is not on the PATH' : `mvn failed: ${(stdout + stderr).trim().split('\n')[0]}`,
        ),
      );
    });
  });
}
