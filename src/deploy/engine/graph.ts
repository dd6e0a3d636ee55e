// Steps in the order of a dependency graph, as many at once as the limit allows.

export interface GraphRun<K> {
  ids: readonly K[];
  /** Must be done before `id`; ids outside the graph are ignored. */
  dependenciesOf: (id: K) => Iterable<K>;
  /** Answers false when it failed: nothing that depends on it, and nothing new at all, is started then. */
  step: (id: K) => Promise<boolean>;
  concurrency: number;
  /** true: a failed step does not stop the others that do not depend on it (deletions) */
  goOn?: boolean;
  signal?: AbortSignal;
}

/** Resolves when every started step has ended. Answers whether all steps ran and succeeded. */
export async function runGraph<K>(run: GraphRun<K>): Promise<boolean> {
  const waiting = new Map<K, Set<K>>();
  const dependents = new Map<K, K[]>();
  const known = new Set(run.ids);
  for (const id of run.ids) {
    const needed = new Set([...run.dependenciesOf(id)].filter((other) => known.has(other) && other !== id));
    waiting.set(id, needed);
    for (const other of needed) dependents.set(other, [...(dependents.get(other) ?? []), id]);
  }
  const ready = run.ids.filter((id) => waiting.get(id)!.size === 0);
  let running = 0;
  let finished = 0;
  let failed = false;

  return new Promise((resolve, reject) => {
    const end = (id: K, ok: boolean): void => {
      running--;
      if (ok) {
        finished++;
        for (const dependent of dependents.get(id) ?? []) {
          const needed = waiting.get(dependent)!;
          needed.delete(id);
          if (needed.size === 0) ready.push(dependent);
        }
      } else failed = true;
      next();
    };
    const next = (): void => {
      const stopped = (failed && !run.goOn) || run.signal?.aborted;
      while (!stopped && running < run.concurrency && ready.length > 0) {
        const id = ready.shift()!;
        running++;
        run.step(id).then((ok) => end(id, ok), reject);
      }
      if (running === 0) resolve(!failed && finished === run.ids.length);
    };
    next();
  });
}

/** The same edges the other way round: for deletions. */
export function reverseDependencies<K>(
  ids: readonly K[],
  dependenciesOf: (id: K) => Iterable<K>,
): (id: K) => Iterable<K> {
  const dependents = new Map<K, K[]>();
  for (const id of ids) {
    for (const other of dependenciesOf(id)) dependents.set(other, [...(dependents.get(other) ?? []), id]);
  }
  return (id) => dependents.get(id) ?? [];
}
