// A stored version as FunctionConfiguration, with AWS's defaults and absences.
import { createHash } from 'node:crypto';
import type { FunctionConfiguration, LastUpdateStatusReasonCode, Runtime } from '@aws-sdk/client-lambda';
import type { Context } from '#kernel/context.ts';
import { describeDurable } from './durable-config.ts';
import { packageTypeOf } from './images.ts';
import { functionArn } from './names.ts';
import type { Place, VersionRecord } from './store.ts';

/** 2026-11-21T10:00:00.000+0000 */
export const formatModified = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000');

/** Clients only compare it: which build of a runtime runs is one of ours. */
const runtimeVersionArn = (region: string, runtime: string): string =>
  `arn:aws:lambda:${region}::runtime:${createHash('sha256').update(runtime).digest('hex')}`;

type Phase = 'ready' | 'creating' | 'updating';
/** Under way: its end is a revision of its own, so a client that gives this one back is refused (aws-sdk#377). */
interface Change {
  phase: Exclude<Phase, 'ready'>;
  revisionId: string;
}
export const changing = (context: Context, phase: Change['phase']): { change: Change } => ({
  change: { phase, revisionId: context.ids.uuid() },
});

/** The answer to a change says that it is under way, as AWS's does; whoever asks again finds it done. */
const STATES: Record<Phase, Partial<FunctionConfiguration>> = {
  ready: { State: 'Active', LastUpdateStatus: 'Successful' },
  creating: { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' },
  updating: {
    State: 'Active',
    LastUpdateStatus: 'InProgress',
    LastUpdateStatusReason: 'The function is being created.',
    // not among the codes that the SDK lists, and still what AWS answers
    LastUpdateStatusReasonCode: 'Creating' as LastUpdateStatusReasonCode,
  },
};

/** `listed`: lists leave out the state and the runtime's version (API reference, ListFunctions). */
export function describe(
  at: Place,
  name: string,
  record: VersionRecord,
  options: { qualified?: boolean; qualifier?: string; change?: Change; listed?: boolean } = {},
): FunctionConfiguration {
  const { logging } = record;
  const qualifier =
    options.qualifier ?? (options.qualified || record.version !== '$LATEST' ? record.version : undefined);
  return {
    FunctionName: name,
    FunctionArn: functionArn(at, name, qualifier),
    ...(record.runtime !== undefined && { Runtime: record.runtime as Runtime }),
    Role: record.role,
    ...(record.handler !== undefined && { Handler: record.handler }),
    CodeSize: record.codeSize,
    Description: record.description,
    Timeout: record.timeout,
    MemorySize: record.memorySize,
    LastModified: formatModified(record.lastModified),
    CodeSha256: record.codeSha256,
    Version: record.version,
    ...(record.emptyVpc && {
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [], VpcId: '', Ipv6AllowedForDualStack: false },
    }),
    ...(record.environment && { Environment: { Variables: record.environment } }),
    ...(record.deadLetterTargetArn !== undefined && { DeadLetterConfig: { TargetArn: record.deadLetterTargetArn } }),
    TracingConfig: { Mode: record.tracingMode },
    RevisionId: options.change?.revisionId ?? record.revisionId,
    ...(record.layers.length > 0 && {
      Layers: record.layers.map((layer) => ({ Arn: layer.arn, CodeSize: layer.codeSize })),
    }),
    ...(options.listed ? {} : STATES[options.change?.phase ?? 'ready']),
    PackageType: packageTypeOf(record),
    ...(record.imageConfig && { ImageConfigResponse: { ImageConfig: record.imageConfig } }),
    Architectures: [record.architecture],
    EphemeralStorage: { Size: record.ephemeralStorage },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...(options.listed || record.runtime === undefined
      ? {}
      : { RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(at.region, record.runtime) } }),
    LoggingConfig: {
      LogFormat: logging.format,
      ...(logging.applicationLevel !== undefined && { ApplicationLogLevel: logging.applicationLevel as 'INFO' }),
      ...(logging.systemLevel !== undefined && { SystemLogLevel: logging.systemLevel as 'INFO' }),
      LogGroup: logging.group,
    },
    ...(record.durable && { DurableConfig: describeDurable(record.durable) }),
  };
}
