/** The first lock of a requirement set against `uv lock` and `uv export` by hand, both with the same warm cache. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { freshRoot, type Place, timed } from "./place.ts";
import { bothProjects, pythonMinor, SETS } from "./sets.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

export async function lock(place: Place, rounds = 5): Promise<Row[]> {
  const python = await pythonMinor(place);
  const rows: Row[] = [];
  for (const set of Object.keys(SETS)) {
    const dir = await bothProjects(place, set, python);
    await byHand(place, dir, python);
    const pairs: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const theirs = await byHand(place, dir, python);
      pairs.push({ ours: await ours(place, dir, `lock-${set}-${round}`), theirs });
    }
    const note = `${ms(median(pairs.map((pair) => pair.ours)))} / ${ms(median(pairs.map((pair) => pair.theirs)))}`;
    const ratio = median(pairs.map((pair) => pair.ours / pair.theirs));
    rows.push(ratioRow({ section: "lock", what: `first \`build\` of ${set} / uv lock + uv export`, note }, ratio, 1.2));
  }
  return rows;
}

async function byHand(place: Place, dir: string, python: string): Promise<number> {
  rmSync(join(dir, "uv.lock"), { force: true });
  const lock = await timed(place, [place.uv, "lock", "--quiet", "--python", python], dir);
  const command = ["export", "--quiet", "--frozen", "--no-emit-project", "--python", python, "-o", "lock.txt"];
  return lock.ms + (await timed(place, [place.uv, ...command], dir)).ms;
}

/** A store that knows nothing, its daemon running and uv unpacked, as for somebody's second runtime. */
async function ours(place: Place, dir: string, name: string): Promise<number> {
  const fresh = freshRoot(place, name);
  const other = join(dir, "other.yaml");
  await Bun.write(other, "name: other\ndependencies:\n  - pip:\n      - six\n");
  await timed(fresh, [place.swcli, "runtime", "build", "--prepare", "no", "-y", other], dir);
  const built = await timed(fresh, [place.swcli, "runtime", "build", "--prepare", "no"], dir);
  await timed(fresh, [place.swcli, "daemon", "stop"]);
  rmSync(fresh.env.SW_LOCAL_STORAGE ?? "", { recursive: true, force: true });
  return built.ms;
}
