/**
 * "Did you mean …?" and unambiguous prefixes. Pure text. Tests: test/unit/cli/suggest.test.ts
 */

/** A hint that names the nearest of `candidates`, or undefined when none is near enough to be meant. */
export function didYouMean(given: string, candidates: readonly string[]): string | undefined {
  const near = nearest(given, candidates);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

/** The candidate with the fewest slips (insert, drop, change, swap), at most a third of its length. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  const word = plain(given);
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const other = plain(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(other.length, word.length) / 3));
    // A single letter is one slip from every other one: no suggestion is better than a wild one.
    if (other.length < 2 || word.length < 2) continue;
    const d = distance(word, other);
    if (d <= allowed && d < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { candidate, distance: d };
  }
  return best?.candidate ?? candidates.find((candidate) => word.length >= 3 && plain(candidate).startsWith(word));
}

const plain = (text: string) => text.replace(/^-+/, "").toLowerCase();

/** Damerau-Levenshtein, restricted to swaps of neighbours. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : change;
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, change, swap));
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}

export interface Named {
  readonly name: string;
  readonly alias: readonly string[];
}

/** The entries that `given` can mean: the one with exactly that name or alias, else all that it is a prefix of. */
export function matchNames<T extends Named>(given: string, entries: readonly T[]): T[] {
  const word = given.toLowerCase();
  const names = (entry: T) => [entry.name, ...entry.alias].map((name) => name.toLowerCase());
  const exact = entries.filter((entry) => names(entry).includes(word));
  if (exact.length > 0 || word === "") return exact;
  return entries.filter((entry) => names(entry).some((name) => name.startsWith(word)));
}
