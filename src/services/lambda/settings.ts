// Checks and defaults of a function's settings, in the words of CreateFunction and UpdateFunctionConfiguration.
import type { DurableConfig } from '@aws-sdk/client-lambda';
import { ServiceError } from '#core/errors.ts';
import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import { deniedDelivery } from './delivery-access.ts';
import { durableSettings } from './durable-config.ts';
import { invalidParameter, notOffered } from './errors.ts';
import { checkPackageSettings, imageConfigOf, type PackageType, packageTypeOf } from './images.ts';
import { layerReferences } from './layers.ts';
import { isRuntime, unknownRuntimeText } from './runtimes.ts';
import { checkSnapStart } from './snap-start.ts';
import type { VersionRecord } from './store.ts';

// Quotas (Lambda developer guide, "Lambda quotas", 2026-11)
const MEMORY_MB = { min: 128, max: 10_240 };
const TIMEOUT_SECONDS_MAX = 900;
const EPHEMERAL_MB = { min: 512, max: 10_240 };
const ENVIRONMENT_BYTES_MAX = 4096;
const LAYERS_MAX = 5;

const RESERVED_VARIABLES = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);
const ROLE = /^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/;

/** What create and update have in common. */
export interface SettingsInput {
  Runtime?: string;
  Role?: string;
  Handler?: string;
  Description?: string;
  Timeout?: number;
  MemorySize?: number;
  Environment?: { Variables?: Record<string, string> };
  TracingConfig?: { Mode?: string };
  Layers?: string[];
  EphemeralStorage?: { Size?: number };
  DeadLetterConfig?: { TargetArn?: string };
  LoggingConfig?: { LogFormat?: string; ApplicationLogLevel?: string; SystemLogLevel?: string; LogGroup?: string };
  VpcConfig?: { SubnetIds?: string[]; SecurityGroupIds?: string[] };
  FileSystemConfigs?: unknown[];
  KMSKeyArn?: string;
  SnapStart?: { ApplyOn?: string };
  ImageConfig?: { EntryPoint?: string[]; Command?: string[]; WorkingDirectory?: string };
  /** of a new function */
  PackageType?: string;
  DurableConfig?: DurableConfig;
  CapacityProviderConfig?: unknown;
  TenancyConfig?: unknown;
  PublishTo?: string;
}

/** Settings that would have no effect here are refused, not stored. */
function refuse(input: SettingsInput): void {
  if (input.VpcConfig?.SubnetIds?.length || input.VpcConfig?.SecurityGroupIds?.length) throw notOffered('VpcConfig');
  if (input.FileSystemConfigs?.length) throw notOffered('FileSystemConfigs');
  if (input.KMSKeyArn) throw notOffered('KMSKeyArn');
  if (input.CapacityProviderConfig !== undefined) throw notOffered('CapacityProviderConfig');
  if (input.TenancyConfig !== undefined) throw notOffered('TenancyConfig');
  if (input.PublishTo !== undefined) throw notOffered('PublishTo');
}

function checkRange(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (value >= min && value <= max)) return;
  const bound = value < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
  throw new ServiceError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${bound}`,
  );
}

function checkEnvironment(variables: Record<string, string>): void {
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > ENVIRONMENT_BYTES_MAX) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${ENVIRONMENT_BYTES_MAX / 1024}KB limit. String measured: ${measured}`,
    );
  }
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.has(name));
  if (reserved.length > 0) {
    throw invalidParameter(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
}

async function checkRole(context: Context, role: string): Promise<void> {
  if (!ROLE.test(role)) {
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value '${role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+`,
    );
  }
  if (parseArn(role)?.accountId !== context.accountId) {
    throw new ServiceError('AccessDeniedException', 'Cross-account pass role is not allowed.', 403, {
      fields: { Type: 'User' },
    });
  }
  try {
    await context.platform.identity.assumeServiceRole(role, 'lambda.amazonaws.com', 'gatehouse-check', 900);
  } catch {
    const message = 'The role defined for the function cannot be assumed by Lambda.';
    if (context.platform.config.iam === 'enforce') throw invalidParameter(message);
    context.platform.warn(`${message} (${role}; its functions run without permissions of their own)`);
  }
}

async function checkDeadLetter(
  context: Context,
  arn: string | undefined,
  source: { role: string; name: string },
): Promise<void> {
  if (arn === undefined || arn === '') return;
  const service = parseArn(arn)?.service;
  if (service !== 'sqs' && service !== 'sns') {
    throw invalidParameter(`The provided dead letter queue target ARN ${arn} is not an SQS queue or SNS topic`);
  }
  const denied = await deniedDelivery(context, arn, source);
  if (!denied) return;
  throw invalidParameter(
    `The provided execution role does not have permissions to call ${denied.operation} on ${denied.product}`,
  );
}

function loggingOf(
  input: SettingsInput['LoggingConfig'],
  name: string,
  before?: VersionRecord['logging'],
): VersionRecord['logging'] {
  const format = (input?.LogFormat ?? before?.format ?? 'Text') as 'Text' | 'JSON';
  const group = input?.LogGroup ?? before?.group ?? `/aws/lambda/${name}`;
  if (format === 'Text') {
    if (input?.ApplicationLogLevel !== undefined || input?.SystemLogLevel !== undefined) {
      throw invalidParameter(
        'Log Level is not supported when LogFormat is set to "Text". Remove log level from your request or change the LogFormat to "JSON" and try again.',
      );
    }
    return { format, group };
  }
  return {
    format,
    group,
    applicationLevel: input?.ApplicationLogLevel ?? before?.applicationLevel ?? 'INFO',
    systemLevel: input?.SystemLogLevel ?? before?.systemLevel ?? 'INFO',
  };
}

export type Settings = Pick<
  VersionRecord,
  | 'description'
  | 'runtime'
  | 'handler'
  | 'imageConfig'
  | 'role'
  | 'timeout'
  | 'memorySize'
  | 'environment'
  | 'tracingMode'
  | 'layers'
  | 'ephemeralStorage'
  | 'deadLetterTargetArn'
  | 'durable'
  | 'logging'
  | 'emptyVpc'
>;

function programOf(input: SettingsInput, before?: VersionRecord): Pick<VersionRecord, 'runtime' | 'handler'> {
  const runtime = input.Runtime ?? before?.runtime;
  const handler = input.Handler ?? before?.handler;
  if (runtime === undefined || handler === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  if (!isRuntime(runtime)) throw invalidParameter(unknownRuntimeText(runtime));
  return { runtime, handler };
}

/** The settings after a create (no `before`) or an update. */
export async function settingsOf(
  context: Context,
  name: string,
  input: SettingsInput,
  before?: VersionRecord,
): Promise<Settings> {
  refuse(input);
  checkSnapStart(input.SnapStart?.ApplyOn, input.Runtime ?? before?.runtime);
  checkRange('memorySize', input.MemorySize, MEMORY_MB.min, MEMORY_MB.max);
  checkRange('timeout', input.Timeout, 1, TIMEOUT_SECONDS_MAX);
  checkRange('ephemeralStorage.size', input.EphemeralStorage?.Size, EPHEMERAL_MB.min, EPHEMERAL_MB.max);
  const packageType = before ? packageTypeOf(before) : ((input.PackageType ?? 'Zip') as PackageType);
  checkPackageSettings(packageType, input);
  const program = packageType === 'Zip' ? programOf(input, before) : {};
  const imageConfig = imageConfigOf(input.ImageConfig, before?.imageConfig);
  const variables = input.Environment ? (input.Environment.Variables ?? {}) : before?.environment;
  if (variables) checkEnvironment(variables);
  if (input.Role !== undefined) await checkRole(context, input.Role);
  const role = input.Role ?? before?.role ?? '';
  await checkDeadLetter(context, input.DeadLetterConfig?.TargetArn, { role, name });
  if (input.Layers !== undefined && input.Layers.length > LAYERS_MAX) {
    throw invalidParameter(`Cannot reference more than ${LAYERS_MAX} layers.`);
  }
  const durable = durableSettings(input.DurableConfig, before);
  const deadLetter = input.DeadLetterConfig ? input.DeadLetterConfig.TargetArn : before?.deadLetterTargetArn;
  return {
    description: input.Description ?? before?.description ?? '',
    ...program,
    ...(imageConfig && { imageConfig }),
    role,
    timeout: input.Timeout ?? before?.timeout ?? 3,
    memorySize: input.MemorySize ?? before?.memorySize ?? MEMORY_MB.min,
    ...(variables && Object.keys(variables).length > 0 && { environment: variables }),
    tracingMode: (input.TracingConfig?.Mode ?? before?.tracingMode ?? 'PassThrough') as 'Active' | 'PassThrough',
    layers: input.Layers ? await layerReferences(context, input.Layers) : (before?.layers ?? []),
    ephemeralStorage: input.EphemeralStorage?.Size ?? before?.ephemeralStorage ?? EPHEMERAL_MB.min,
    ...(deadLetter && { deadLetterTargetArn: deadLetter }),
    ...(durable && { durable }),
    ...((input.VpcConfig ?? before?.emptyVpc) && { emptyVpc: true }),
    logging: loggingOf(input.LoggingConfig, name, before?.logging),
  };
}
