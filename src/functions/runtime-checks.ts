// Which of Lambda's runtimes this machine runs, and what to do about each that it does not.
import { tryNamespaces } from './isolation.ts';
import { findAllJava, javaRemedy } from './java.ts';
import { findJavaRuntime, JAVA_REMEDY } from './java-runtime.ts';
import type { Check } from './probe.ts';
import { findPython } from './python.ts';
import { cannotRunText, nodeBinary } from './runtimes.ts';

const PYTHONS = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14'];
const JAVAS: [name: string, version: string][] = [
  ['java8.al2', '8'],
  ['java11', '11'],
  ['java17', '17'],
  ['java21', '21'],
  ['java25', '25'],
];
/** one of each language that is not started */
const NOT_STARTED = ['ruby3.4', 'dotnet8'];

export async function listRuntimes(): Promise<Check[]> {
  const [pythons, javas, images] = await Promise.all([
    Promise.all(PYTHONS.map(checkPython)),
    checkJavas(),
    checkImages(),
  ]);
  return [
    { check: 'runtimes nodejs*.x', ok: true, detail: `run on ${nodeBinary()}` },
    ...pythons,
    ...javas,
    { check: 'runtimes provided*, go1.x', ok: true, detail: 'run the bootstrap that the function brings' },
    images,
    ...NOT_STARTED.map((name) => ({ check: `runtime ${name}`, ok: false, detail: cannotRunText(name) })),
  ];
}

async function checkPython(version: string): Promise<Check> {
  const check = `runtime python${version}`;
  const found = await findPython(version);
  if (found?.version === version) return { check, ok: true, detail: `runs on ${found.host}` };
  return {
    check,
    ok: false,
    detail: found ? `runs on Python ${found.version} instead (${found.host})` : 'no Python 3 is here',
    remedy: `Put python${version} on the PATH, for example: uv python install ${version}`,
  };
}

async function checkJavas(): Promise<Check[]> {
  const machines = (await findAllJava()).toSorted((a, b) => Number(a.version) - Number(b.version));
  const brought = findJavaRuntime() !== undefined;
  return JAVAS.map(([name, version]) => {
    const check = `runtime ${name}`;
    const machine = machines.find((each) => Number(each.version) >= Number(version));
    if (!machine) return { check, ok: false, detail: 'no JVM of this version or later', remedy: javaRemedy(version) };
    const detail = `runs on Java ${machine.version} (${machine.home})`;
    if (!brought) return { check, ok: false, detail: "no runtime interface client of AWS's", remedy: JAVA_REMEDY };
    return { check, ok: true, detail };
  });
}

async function checkImages(): Promise<Check> {
  const check = 'container images (PackageType Image)';
  const reason = await tryNamespaces();
  if (reason === undefined)
    return { check, ok: true, detail: 'run in namespaces; gatehouse image load FILE brings one' };
  return { check, ok: false, detail: reason, remedy: 'They need namespaces: see the function sandbox above.' };
}
