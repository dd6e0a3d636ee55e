// Variants of one thing, timed in turn so that the machine's moods fall on all alike; the first is the reference.

const percentile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

export async function time(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** Each variant answers milliseconds. Two rounds warm up. Answers a line for each. */
export async function compare(variants: Record<string, () => Promise<number>>, rounds: number): Promise<string[]> {
  const samples = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(variants)) {
      const taken = await run();
      if (round >= 0) samples.get(name)?.push(taken);
    }
  }
  const [reference = []] = samples.values();
  const p50OfReference = percentile(reference, 0.5);
  return [...samples].map(([name, values]) => {
    const p50 = percentile(values, 0.5);
    const [middle, high] = [p50, percentile(values, 0.99)].map((ms) => ms.toFixed(2).padStart(7));
    return `${name.padEnd(30)} p50 ${middle} ms  p99 ${high} ms  ${(p50 / p50OfReference).toFixed(2)} x`;
  });
}
