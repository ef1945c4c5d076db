/** Verbs on a large store against the same on a small one, warm, and what the daemon weighs with it. */

import { freshRoot, type Place, timed } from "./place.ts";
import { populate } from "./population.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

const SMALL = { runtimes: 10, versions: 10 };
const LARGE = { runtimes: 1000, versions: 10 };
const GOAL = 3;
const GOAL_MB = 100;

/** Each is a round trip, so that it can be repeated: the second puts back what the first changed. */
const VERBS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "`list --filter latest -o json`": [["-o", "json", "runtime", "list", "--filter", "latest"]],
  "`tag`": [["runtime", "tag", "runtime-5/version/v3", "bench"]],
  "`tag -r`": [["runtime", "tag", "-r", "runtime-5", "bench"]],
  "`remove`": [["runtime", "remove", "runtime-6/version/v4"]],
  "`recover`": [["runtime", "recover", "runtime-6/version/v4"]],
};

export async function store(place: Place, rounds = 20): Promise<Row[]> {
  const [small, large] = [freshRoot(place, "small-store"), freshRoot(place, "large-store")];
  await populate(small, SMALL);
  await populate(large, LARGE);
  const times = new Map<string, { small: number[]; large: number[] }>();
  for (let round = -2; round < rounds; round++) {
    for (const [verb, commands] of Object.entries(VERBS)) {
      const own = times.get(verb) ?? { small: [], large: [] };
      times.set(verb, own);
      const [a, b] = [await once(small, commands), await once(large, commands)];
      if (round >= 0) own.small.push(a) && own.large.push(b);
    }
  }
  const rows = [...times].map(([what, own]) => verbRow(what, own));
  rows.push(await memoryRow(large), await collectRow(large));
  for (const root of [small, large]) await timed(root, [place.swcli, "daemon", "stop"]);
  return rows;
}

async function once(place: Place, commands: readonly (readonly string[])[]): Promise<number> {
  let total = 0;
  for (const argv of commands) total += (await timed(place, [place.swcli, ...argv])).ms;
  return total;
}

function verbRow(what: string, { small, large }: { small: number[]; large: number[] }): Row {
  const ratio = median(large.map((value, i) => value / (small[i] ?? Number.NaN)));
  const note = `${ms(median(large))} with 1,000 runtimes / ${ms(median(small))} with 10`;
  return ratioRow({ section: "store", what: `${what}, 1,000 × 10`, note }, ratio, GOAL);
}

async function memoryRow(place: Place): Promise<Row> {
  const status = await timed(place, [place.swcli, "-o", "json", "daemon", "status"]);
  const { rss_bytes: rss } = JSON.parse(status.stdout) as { rss_bytes: number };
  const figure = `${(rss / 1e6).toFixed(1)} MB`;
  return { section: "store", what: "daemon, resident", figure, goal: `≤ ${GOAL_MB} MB`, ok: rss <= GOAL_MB * 1e6 };
}

/** No goal: how long nobody can publish is what it tells. */
async function collectRow(place: Place): Promise<Row> {
  const { ms: took } = await timed(place, [place.swcli, "gc", "--dry-run"]);
  return { section: "store", what: "`gc --dry-run`, 10,000 versions", figure: ms(took), goal: "–", ok: true };
}
