// The environment of a function (docs: configuration-envvars): Lambda's own variables win over the user's.
import type { Credentials } from '#kernel/identity.ts';
import type { FunctionSnapshot, IsolationMode } from './contract.ts';
import type { InitializationType } from './revision.ts';
import { AUTHORITY, BUNDLE } from './root-template.ts';
import { IMAGE_ENVIRONMENT } from './image-mounts.ts';
import { type Runtime, speaksRuntimeApi } from './runtimes.ts';
import type { SandboxImage } from './sandbox-command.ts';

export interface EnvironmentOptions {
  snapshot: FunctionSnapshot;
  runtime: Runtime;
  credentials: Credentials;
  logStream: string;
  mode: IsolationMode;
  taskRoot: string;
  /** where the sandbox's Runtime API listens */
  apiAddress: string;
  endpointUrl?: string | undefined;
  initializationType: InitializationType;
  /** PackageType Image */
  image?: SandboxImage | undefined;
}

/** Read by programs only when they start, so they cannot be given to a runtime that already runs. */
const STARTUP_ONLY = /^(NODE_(?!ENV$|PATH$)|LD_|MALLOC_|UV_|GLIBC_|OPENSSL_|SSL_CERT_)/;

/** A program of the function that starts the runtime (docs: runtimes-modify); it may read any variable. */
export const WRAPPER = 'AWS_LAMBDA_EXEC_WRAPPER';

/** Whether a function's variables must be there when its runtime starts. */
export function startsLate({ environment }: FunctionSnapshot, runtime: Runtime): boolean {
  // such a program starts with all of them, and by its wrapper (program.ts)
  if (speaksRuntimeApi(runtime)) return false;
  return Boolean(environment[WRAPPER]) || Object.keys(environment).some((name) => STARTUP_ONLY.test(name));
}

export function functionEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { snapshot, runtime, credentials, logStream, taskRoot, image } = options;
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...surroundings(options),
    ...snapshot.environment,
    // an image's handler is an argument of its program
    ...(!image && { _HANDLER: snapshot.handler, LAMBDA_TASK_ROOT: taskRoot, LAMBDA_RUNTIME_DIR: '/var/runtime' }),
    // of the shell that starts AWS's runtimes
    ...(!image && { PWD: taskRoot, SHLVL: '0' }),
    AWS_REGION: snapshot.region,
    AWS_DEFAULT_REGION: snapshot.region,
    ...executionEnvironment(runtime),
    AWS_LAMBDA_FUNCTION_NAME: snapshot.name,
    AWS_LAMBDA_FUNCTION_VERSION: snapshot.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(snapshot.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: options.initializationType,
    AWS_LAMBDA_LOG_GROUP_NAME: snapshot.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    ...(snapshot.logging.format === 'JSON' && {
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_LEVEL: snapshot.logging.applicationLevel ?? 'INFO',
    }),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_RUNTIME_API: options.apiAddress,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
    _AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1',
    _AWS_XRAY_DAEMON_PORT: '2000',
    ...modulePaths(options),
    // its client then writes each record in a frame (framed-output.ts)
    ...(runtime.family === 'java' && { _LAMBDA_TELEMETRY_LOG_FD: '1' }),
  };
}

/** What the user's own variables may replace. */
function surroundings({ mode, image, endpointUrl }: EnvironmentOptions): Record<string, string> {
  if (image) return { ...IMAGE_ENVIRONMENT, ...image.environment };
  // no HOME: its user's is /home/sbx_user1051, and not there, as on AWS
  if (mode !== 'process') return { PATH: SANDBOX_PATH, ...TRUST };
  // without a network namespace the names of AWS lead to AWS: SDKs that know the variable still reach us
  return endpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: endpointUrl };
}

/** Not defined for the provided runtimes (docs: configuration-envvars). */
function executionEnvironment({ name }: Runtime): Record<string, string> {
  return name.startsWith('provided') ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${name}` };
}

export const SANDBOX_PATH = '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin';
const TRUST = {
  SSL_CERT_FILE: BUNDLE,
  REQUESTS_CA_BUNDLE: BUNDLE,
  CURL_CA_BUNDLE: BUNDLE,
  AWS_CA_BUNDLE: BUNDLE,
  NODE_EXTRA_CA_CERTS: AUTHORITY,
};

function modulePaths({ runtime, snapshot, mode, taskRoot }: EnvironmentOptions): Record<string, string> {
  if (speaksRuntimeApi(runtime)) return {};
  const brought = mode === 'process' ? (runtime.brings ?? '/var/runtime') : '/var/runtime';
  const layers = mode === 'process' ? `${taskRoot}/../opt` : '/opt';
  if (runtime.family === 'python') {
    const own = snapshot.environment['PYTHONPATH'];
    return { PYTHONPATH: own === undefined ? brought : `${own}:${brought}` };
  }
  const own = snapshot.environment['NODE_PATH'];
  const paths = [
    `${layers}/nodejs/node${runtime.version}/node_modules`,
    `${layers}/nodejs/node_modules`,
    `${brought}/node_modules`,
    brought,
    taskRoot,
  ];
  return { NODE_PATH: [...(own === undefined ? [] : [own]), ...paths].join(':') };
}
