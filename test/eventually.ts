/** Asks again until `ask` answers something truthy; fails with the last error after `timeoutMs`. */
export async function eventually<T>(ask: () => Promise<T> | T, timeoutMs = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw last ?? new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
