// What an invocation needs to know of a function, kept compiled in memory; a store watch throws it away.
import type { FunctionImage, FunctionSnapshot } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Authorization } from '#kernel/service.ts';
import { tagConditions } from './access.ts';
import { codeReader } from './code.ts';
import type { DurableSettings } from './durable-config.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { policyFor } from './policy.ts';
import { lineageId, traceOf } from './recursion.ts';
import { findResolved, versionOfAlias } from './resolve.ts';
import { buildOf, everything, type FunctionRecord, type Place, type VersionRecord } from './store.ts';

const FUNCTIONS_MAX = 10_000;

export function snapshotOf(
  platform: Platform,
  at: Place,
  record: FunctionRecord,
  version: VersionRecord,
): FunctionSnapshot {
  const reader = (sha256: string): (() => AsyncIterable<Uint8Array>) =>
    codeReader(platform.store, platform.blobs, sha256);
  return {
    arn: functionArn(at, record.name),
    accountId: at.accountId,
    region: at.region,
    name: record.name,
    version: version.version,
    revisionId: buildOf(version),
    runtime: version.runtime ?? '',
    handler: version.handler ?? '',
    codeSha256: version.codeSha256,
    readCode: reader(version.codeSha256),
    layers: version.layers.map(({ arn, codeSha256 }) => ({ arn, codeSha256, readCode: reader(codeSha256) })),
    memoryMb: version.memorySize,
    timeoutSeconds: version.timeout,
    ephemeralStorageMb: version.ephemeralStorage,
    environment: version.environment ?? {},
    roleArn: version.role,
    architecture: version.architecture,
    tracing: version.tracingMode,
    logging: version.logging,
    ...(version.image && { image: imageOf(version) }),
    ...(record.reservedConcurrency !== undefined && { reservedConcurrency: record.reservedConcurrency }),
  };
}

function imageOf({ codeSha256, imageConfig = {} }: VersionRecord): FunctionImage {
  const { EntryPoint, Command, WorkingDirectory } = imageConfig;
  return {
    digest: `sha256:${codeSha256}`,
    ...(EntryPoint && { entryPoint: EntryPoint }),
    ...(Command && { command: Command }),
    ...(WorkingDirectory !== undefined && { workingDirectory: WorkingDirectory }),
  };
}

export interface Invocable {
  at: Place;
  name: string;
  qualifier?: string;
  /** as context.invokedFunctionArn shows it */
  invokedArn: string;
  /** what IAM is asked before a call */
  authorization: Authorization;
  main: FunctionSnapshot;
  /** the other version of a weighted alias and its share */
  other?: { snapshot: FunctionSnapshot; weight: number };
  deadLetterTargetArn?: string;
  /** its invocations are executions */
  durable?: DurableSettings;
  /** in traces */
  lineageId: string;
  /** PutFunctionRecursionConfig */
  mayLoop: boolean;
  /** principals that were let in already, by what decides */
  allowed: Set<string>;
}

/** One of the two versions of a weighted alias, by chance. */
export function choose({ main, other }: Invocable): FunctionSnapshot {
  return other && Math.random() < other.weight ? other.snapshot : main;
}

/** The trace that this invocation runs under; throws RecursiveInvocation at the end of a loop. */
export const traceFor = (
  platform: Platform,
  { lineageId: id, mayLoop }: Pick<Invocable, 'lineageId' | 'mayLoop'>,
  requestId: string,
  header: string | undefined,
): string => traceOf(header, { id, mayLoop, requestId, nowMs: platform.clock.now() });

export class Snapshots {
  readonly #platform: Platform;
  readonly #known = new Map<string, Invocable>();
  readonly #watches = new Map<string, () => void>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** By ARN, qualified or not. Only the first call after a change reads the store. */
  find(arn: string): Invocable | Promise<Invocable | undefined> {
    return this.#known.get(arn) ?? this.#load(arn);
  }

  async #load(arn: string): Promise<Invocable | undefined> {
    const platform = this.#platform;
    const ref = parseFunctionName(arn, { accountId: '', region: '' });
    const place = `${ref.accountId}/${ref.region}`;
    if (!this.#watches.has(place))
      this.#watches.set(
        place,
        platform.store.watch(everything(ref), () => this.#known.clear()),
      );
    const resolved = await findResolved(platform.store, ref);
    if (!resolved) return undefined;
    const { record, version, alias } = resolved;
    const other = alias?.routing && (await versionOfAlias(platform.store, ref, record, alias.routing.version));
    const resourcePolicy = policyFor(record, ref.qualifier);
    const invokedArn = functionArn(ref, ref.name, ref.qualifier);
    const invocable: Invocable = {
      at: { accountId: ref.accountId, region: ref.region },
      name: ref.name,
      ...(ref.qualifier !== undefined && { qualifier: ref.qualifier }),
      invokedArn,
      authorization: {
        action: 'lambda:InvokeFunction',
        resource: invokedArn,
        resourceAccountId: ref.accountId,
        conditions: tagConditions(record.tags),
        ...(resourcePolicy !== undefined && { resourcePolicy }),
      },
      main: snapshotOf(platform, ref, record, version),
      ...(other && {
        other: { snapshot: snapshotOf(platform, ref, record, other), weight: alias?.routing?.weight ?? 0 },
      }),
      ...(version.deadLetterTargetArn !== undefined && { deadLetterTargetArn: version.deadLetterTargetArn }),
      ...(version.durable && { durable: version.durable }),
      lineageId: lineageId(functionArn(ref, ref.name)),
      mayLoop: record.recursiveLoop === 'Allow',
      allowed: new Set(),
    };
    const [oldest] = this.#known.keys();
    if (this.#known.size >= FUNCTIONS_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(arn, invocable);
    return invocable;
  }

  stop(): void {
    for (const stop of this.#watches.values()) stop();
  }
}
