// Which program runs which runtime name, and what that runtime brings (docs: lambda-runtimes).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ServiceError } from '#core/errors.ts';
import { findJavaRuntime } from './java-runtime.ts';
import type { PythonInterpreter } from './python.ts';

/** 'provided' and 'image': the function brings the program that speaks the Runtime API */
export type RuntimeFamily = 'node' | 'python' | 'java' | 'provided' | 'image';

export interface Runtime {
  /** as the API knows it: nodejs22.x */
  name: string;
  family: RuntimeFamily;
  /** what the name promises: '22', '3.11', 'al2023' */
  version: string;
  /** folder of this repository that is bound at /var/runtime, if it is installed */
  brings?: string;
  /** Node: whether handlers may take a callback */
  callbacks: boolean;
}

/** Runtime names that CreateFunction knows and this data plane runs. */
const NODE_RUNTIME = /^nodejs(\d+)\.x$/;
const PYTHON_RUNTIME = /^python(3\.\d+)$/;
const JAVA_RUNTIME = /^java(\d+)(?:\.al2|\.al2023)?$/;
/** what these run on, which is not here */
const ABSENT_RUNTIMES: [RegExp, string][] = [
  [/^ruby/, 'Ruby and the gem aws_lambda_ric'],
  [/^dotnet/, '.NET and Amazon.Lambda.RuntimeSupport'],
];
const PROVIDED_RUNTIME = /^(?:provided(?:\.(al2|al2023))?|go(1)\.x)$/;
/** `aws-sdk` version 2 came with these; the version 3 clients with the later ones */
const SDK_V2_MAJOR_MAX = 16;
const CALLBACKS_MAJOR_MAX = 22;

const repositoryFolder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Absent until `npm start` has installed it (runtimes/install.ts): functions then only have what they bring. */
function brought(path: string): { brings?: string } {
  const folder = repositoryFolder(path);
  return existsSync(folder) ? { brings: folder } : {};
}

export function requireRuntime(name: string): Runtime {
  const node = NODE_RUNTIME.exec(name)?.[1];
  if (node !== undefined) {
    const sdk = Number(node) <= SDK_V2_MAJOR_MAX ? 'aws-sdk-v2' : 'aws-sdk-v3';
    return {
      name,
      family: 'node',
      version: node,
      ...brought(`runtimes/${sdk}`),
      callbacks: Number(node) <= CALLBACKS_MAJOR_MAX,
    };
  }
  const python = PYTHON_RUNTIME.exec(name)?.[1];
  if (python !== undefined) {
    return {
      name,
      family: 'python',
      version: python,
      ...brought('runtimes/python/site-packages'),
      callbacks: true,
    };
  }
  const java = JAVA_RUNTIME.exec(name)?.[1];
  if (java !== undefined) {
    const brings = findJavaRuntime();
    return { name, family: 'java', version: java, ...(brings && { brings }), callbacks: false };
  }
  const provided = PROVIDED_RUNTIME.exec(name);
  if (provided) return { name, family: 'provided', version: provided[1] ?? provided[2] ?? 'al1', callbacks: false };
  throw cannotRun(cannotRunText(name));
}

/** Why functions of this runtime are refused, and what helps; `gatehouse doctor` says the same. */
export function cannotRunText(name: string): string {
  const needs = ABSENT_RUNTIMES.find(([pattern]) => pattern.test(name))?.[1];
  return needs === undefined
    ? `Gatehouse does not run functions of ${name}.`
    : `Functions of ${name} need ${needs}, which Gatehouse does not start yet. Package them as a container image, or with their runtime as a bootstrap for provided.al2023.`;
}

export const cannotRun = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message, 400, { fields: { Type: 'User' } });

/** of functions of PackageType Image; AWS_EXECUTION_ENV is AWS_Lambda_Image then */
export const IMAGE_RUNTIME: Runtime = { name: 'Image', family: 'image', version: '', callbacks: false };

export const speaksRuntimeApi = ({ family }: Runtime): boolean =>
  family === 'provided' || family === 'java' || family === 'image';

/** The Node that this repository ships, whatever runs the platform. */
export function nodeBinary(): string {
  const shipped = repositoryFolder('node_modules/node/bin/node');
  return existsSync(shipped) ? shipped : process.execPath;
}

export const runtimeSupportFolder = (): string => fileURLToPath(new URL('rt', import.meta.url));

const HEAP_SHARE = 0.9;
const YOUNG_SHARE = 0.05;

/** The runtime's command line, with paths as the sandbox sees them. */
export function runtimeCommand(
  runtime: Runtime,
  memoryMb: number,
  paths: { node: string; python?: PythonInterpreter | undefined; support: string; inspect?: boolean | undefined },
): string[] {
  if (speaksRuntimeApi(runtime)) {
    return [paths.node, '--disable-warning=ExperimentalWarning', `${paths.support}/bootstrap.cjs`];
  }
  if (runtime.family === 'node') {
    const heapMb = Math.floor(memoryMb * HEAP_SHARE);
    const youngMb = Math.max(1, Math.floor((memoryMb * YOUNG_SHARE) / 3));
    return [
      paths.node,
      `--max-old-space-size=${heapMb}`,
      `--max-semi-space-size=${Math.min(youngMb, 64)}`,
      '--disable-warning=ExperimentalWarning',
      // where it listens is nothing for the function's log
      ...(paths.inspect ? ['--inspect-publish-uid=http', '--require', `${paths.support}/inspect.cjs`] : []),
      `${paths.support}/boot.cjs`,
    ];
  }
  return [paths.python?.executable ?? 'python3', '-I', '-S', '-X', 'utf8', `${paths.support}/boot.py`];
}
