/**
 * Ratios against the empty program through hyperfine. Commands run in rounds of a few runs each, so that a busy minute
 * falls on all of them; the ratio is the median over the rounds.
 */
import { join } from "node:path";
import type { Place } from "./place.ts";
import { median } from "./table.ts";

export interface Ratio {
  readonly ratio: number;
  readonly ms: number;
  readonly baseMs: number;
}

interface Options {
  readonly rounds: number;
  readonly cwd: string;
  /** Where a round's export goes. */
  readonly runs?: number;
}

/** `commands[0]` is the base; the result has one entry for each of the others. */
export async function ratios(place: Place, commands: readonly string[][], options: Options): Promise<Ratio[]> {
  const rounds: number[][] = [];
  for (let round = 0; round < options.rounds; round++) rounds.push(await oneRound(place, commands, options));
  const baseMs = median(rounds.map(([base]) => base ?? Number.NaN));
  return commands.slice(1).map((_, index) => {
    const own = rounds.map((medians) => medians[index + 1] ?? Number.NaN);
    const each = own.map((value, round) => value / (rounds[round]?.[0] ?? Number.NaN));
    return { ratio: median(each), ms: median(own), baseMs };
  });
}

async function oneRound(place: Place, commands: readonly string[][], { cwd, runs = 6 }: Options): Promise<number[]> {
  const report = join(place.dir, "hyperfine.json");
  const lines = commands.map((argv) => argv.map(quoted).join(" "));
  const argv = ["hyperfine", "-N", "--style=none", "--warmup=2", `--runs=${runs}`, `--export-json=${report}`, ...lines];
  const child = Bun.spawn(argv, { cwd, env: place.env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [said, code] = await Promise.all([child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`hyperfine: ${said}`);
  const { results } = (await Bun.file(report).json()) as { results: { times: number[] }[] };
  return results.map(({ times }) => median(times) * 1000);
}

const quoted = (word: string): string => (/^[\w./=:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
