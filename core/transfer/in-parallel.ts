/** A few pieces of work at a time, in any order or in theirs. Tests: test/unit/core/transfer/in-parallel.test.ts */

/** Runs `work` for each item, `atOnce` of them at a time; the first failure ends it once those under way have ended. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
      try {
        await work(item);
      } catch (e) {
        failures.push(e);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * The results in the order of the items, while the next ones are under way: `ahead` at a time, the one given included.
 * A failure is thrown in its turn.
 */
export async function* prefetched<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<{ item: T; result: R }> {
  const begun: { item: T; result: Promise<R> }[] = [];
  let next = 0;
  for (;;) {
    for (; begun.length < ahead && next < items.length; next++) {
      const item = items[next] as T;
      const result = work(item);
      // Thrown when it is asked for; if it never is, an earlier one was.
      result.catch(() => {});
      begun.push({ item, result });
    }
    const first = begun.shift();
    if (first === undefined) return;
    yield { item: first.item, result: await first.result };
  }
}
