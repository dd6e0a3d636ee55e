// Compiled stages, held while they are asked for; a store watch says when to look again.
import type { Store } from '#store/contract.ts';
import type { GatewayFacts } from './facts.ts';
import { CompiledHttpStage } from './http/compile.ts';
import { findPublishedApi, findPublishedStage, publishedApiKey, type PublishedApi } from './published.ts';
import { CompiledRestStage } from './rest/compile.ts';
import { CompiledWebSocketStage } from './websocket/compile.ts';

export type CompiledStage = CompiledRestStage | CompiledHttpStage | CompiledWebSocketStage;

/** One API: what the index says, and those of its stages that requests have asked for. */
export interface CachedApi {
  api: PublishedApi;
  stages: Map<string, CompiledStage>;
}

interface Entry {
  current: CachedApi | undefined;
  /** counts what the watch reported: what was read before does not become current after */
  changes: number;
  unwatch: () => void;
}

export class StageCache {
  readonly #store: Store;
  readonly #facts: GatewayFacts;
  readonly #entries = new Map<string, Entry>();

  constructor(store: Store, facts: GatewayFacts) {
    this.#store = store;
    this.#facts = facts;
  }

  /** What is in memory: the common case, without a promise. */
  peek(apiId: string): CachedApi | undefined {
    return this.#entries.get(apiId)?.current;
  }

  async findApi(apiId: string): Promise<CachedApi | undefined> {
    const entry = this.#entry(apiId);
    if (entry.current) return entry.current;
    const { changes } = entry;
    const api = await findPublishedApi(this.#store, apiId);
    if (!api) {
      // Not kept: names of APIs that do not exist are endless.
      if (!entry.current) this.#drop(apiId);
      return undefined;
    }
    const found: CachedApi = entry.current ?? { api, stages: new Map() };
    if (entry.changes === changes) entry.current = found;
    return found;
  }

  /** Undefined when the API has no such stage. */
  async findStage(cached: CachedApi, stageName: string): Promise<CompiledStage | undefined> {
    if (!cached.api.stageNames.includes(stageName)) return undefined;
    const known = cached.stages.get(stageName);
    if (known) return known;
    const found = await findPublishedStage(this.#store, cached.api.apiId, stageName);
    const compiled = found && this.#compile(found.stage);
    if (compiled) cached.stages.set(stageName, compiled);
    return compiled;
  }

  close(): void {
    for (const apiId of this.#entries.keys()) this.#drop(apiId);
  }

  #compile(stage: NonNullable<Awaited<ReturnType<typeof findPublishedStage>>>['stage']): CompiledStage {
    switch (stage.kind) {
      case 'REST':
        return new CompiledRestStage(stage, this.#facts);
      case 'HTTP':
        return new CompiledHttpStage(stage, this.#facts);
      case 'WEBSOCKET':
        return new CompiledWebSocketStage(stage, this.#facts);
    }
  }

  #entry(apiId: string): Entry {
    let entry = this.#entries.get(apiId);
    if (!entry) {
      if (this.#entries.size >= this.#facts.limits.cachedApis) this.#drop(this.#entries.keys().next().value!);
      const fresh: Entry = { current: undefined, changes: 0, unwatch: () => {} };
      fresh.unwatch = this.#store.watch(publishedApiKey(apiId), () => {
        fresh.current = undefined;
        fresh.changes++;
      });
      this.#entries.set(apiId, (entry = fresh));
    }
    return entry;
  }

  #drop(apiId: string): void {
    this.#entries.get(apiId)?.unwatch();
    this.#entries.delete(apiId);
  }
}
