/**
 * The first environment of a lock against `uv venv` and `uv pip sync` by hand with the same cache; then the same lock
 * under another name: what its build, its first run and its disk cost.
 */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { driftWarning } from "#core/env/seen.ts";
import { Memo } from "#core/memo.ts";
import { freshRoot, type Place, project, timed } from "./place.ts";
import { bothProjects, pythonMinor, SETS } from "./sets.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

interface Round {
  readonly ours: number;
  readonly theirs: number;
  readonly builds: { readonly unchanged: number; readonly otherName: number };
  readonly runs: { readonly warm: number; readonly otherName: number };
  readonly bytes: number;
  /** Bytes a second of the whole command. */
  readonly verified: number;
  /** Milliseconds of the look at each activation. */
  readonly look: number;
  /** What an environment with one package more adds to the disk, of what the first one takes. */
  readonly second: number;
}

export async function environments(place: Place, rounds = 5): Promise<Row[]> {
  const python = await pythonMinor(place);
  const rows: Row[] = [];
  for (const set of Object.keys(SETS)) {
    const dir = await bothProjects(place, set, python);
    await timed(place, [place.uv, "lock", "--quiet", "--python", python], dir);
    const command = ["export", "--quiet", "--frozen", "--no-emit-project", "--python", python, "-o", "lock.txt"];
    await timed(place, [place.uv, ...command], dir);
    await byHand(place, dir, python);
    const all: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      all.push(await oneRound({ place, dir, python, name: `env-${set}-${round}`, set }));
    }
    rows.push(...rowsOf(set, all));
  }
  return rows;
}

interface RoundOptions {
  readonly place: Place;
  readonly dir: string;
  readonly python: string;
  readonly name: string;
  readonly set: string;
}

async function oneRound({ place, dir, python, name, set }: RoundOptions): Promise<Round> {
  const fresh = freshRoot(place, name);
  const swcli = async (...words: string[]): Promise<number> =>
    (await timed(fresh, [place.swcli, "runtime", ...words], dir)).ms;
  const run = (runtime: string): Promise<number> => swcli("run", runtime, "--", "true");
  const theirs = await byHand(place, dir, python);
  await swcli("build", "--prepare", "no");
  const ours = await run(set);
  await settled(fresh);
  const warm = median([await run(set), await run(set), await run(set)]);
  const verified = await verifySpeed(fresh, set);
  const look = await lookTime(fresh, set);
  const unchanged = median([await swcli("build"), await swcli("build"), await swcli("build")]);
  const before = diskUse(fresh.env.SW_LOCAL_STORAGE ?? "");
  const builds = { unchanged, otherName: await swcli("build", "-n", "other") };
  const runs = { warm, otherName: await run("other") };
  const bytes = diskUse(fresh.env.SW_LOCAL_STORAGE ?? "") - before;
  const second = await secondKey(fresh, set, python);
  await timed(fresh, [place.swcli, "daemon", "stop"]);
  rmSync(fresh.env.SW_LOCAL_STORAGE ?? "", { recursive: true, force: true });
  return { ours, theirs, builds, runs, bytes, verified, look, second };
}

/** The same packages and a small one: another key, nearly all of whose bytes are those of the first. */
async function secondKey(place: Place, set: string, python: string): Promise<number> {
  const root = place.env.SW_LOCAL_STORAGE ?? "";
  const first = diskUse(join(root, ".envs"));
  const before = diskUse(root);
  const packages = [...(SETS[set] ?? []), "six"].map((one) => `      - ${one}\n`).join("");
  const yaml = `name: second\nenvironment: { python: "${python}" }\ndependencies:\n  - pip:\n${packages}`;
  const dir = await project(place, `second-${set}`, { "runtime.yaml": yaml });
  await timed(place, [place.swcli, "runtime", "build", "--prepare", "wait"], dir);
  await settled(place);
  return (diskUse(root) - before) / first;
}

async function verifySpeed(place: Place, set: string): Promise<number> {
  const { ms, stdout } = await timed(place, [place.swcli, "env", "verify", set, "-o", "json"]);
  const { environments: found } = JSON.parse(stdout) as { environments: { bytes: number }[] };
  return (found[0]?.bytes ?? 0) / (ms / 1000);
}

async function lookTime(place: Place, set: string): Promise<number> {
  const { stdout } = await timed(place, [place.swcli, "env", "info", set, "-o", "json"]);
  const { prefix } = JSON.parse(stdout) as { prefix: string };
  const memo = new Memo();
  const started = performance.now();
  for (let i = 0; i < LOOKS; i++) driftWarning({ memo }, { key: set, prefix });
  return (performance.now() - started) / LOOKS;
}

const LOOKS = 1000;

async function byHand(place: Place, dir: string, python: string): Promise<number> {
  rmSync(join(dir, "venv"), { recursive: true, force: true });
  const venv = await timed(place, [place.uv, "venv", "--quiet", "--python", python, "venv"], dir);
  const sync = ["pip", "sync", "--quiet", "--python", "venv/bin/python", "--require-hashes", "lock.txt"];
  return venv.ms + (await timed(place, [place.uv, ...sync], dir)).ms;
}

/** Waits until the work that follows an environment (bytecode) is done: the disk use stands still for two seconds. */
async function settled(place: Place): Promise<void> {
  const root = place.env.SW_LOCAL_STORAGE ?? "";
  let last = -1;
  for (let quiet = 0; quiet < 2; ) {
    const now = diskUse(root);
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    await Bun.sleep(1000);
  }
}

/** Bytes on disk below a folder; a file with several links counts once. */
function diskUse(folder: string): number {
  const seen = new Set<number>();
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const info = lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    if (!info || seen.has(info.ino)) continue;
    seen.add(info.ino);
    bytes += info.blocks * 512;
  }
  return bytes;
}

function rowsOf(set: string, all: readonly Round[]): Row[] {
  const section = "env";
  const ratio = (what: string, goal: number, pair: (round: Round) => readonly [number, number]): Row => {
    const pairs = all.map(pair);
    const note = `${ms(median(pairs.map(([a]) => a)))} / ${ms(median(pairs.map(([, b]) => b)))}`;
    return ratioRow({ section, what, note }, median(pairs.map(([a, b]) => a / b)), goal);
  };
  const kib = median(all.map(({ bytes }) => bytes)) / 1024;
  return [
    ratio(`first \`run\` of ${set} / uv venv + uv pip sync`, 1.2, ({ ours, theirs }) => [ours, theirs]),
    // "As an unchanged one", "as a warm one": equal but for the noise of single runs.
    ratio(`${set} under another name: \`build\` / unchanged`, 1.5, ({ builds }) => [
      builds.otherName,
      builds.unchanged,
    ]),
    ratio(`${set} under another name: first \`run\` / warm`, 1.5, ({ runs }) => [runs.otherName, runs.warm]),
    lookRow(set, median(all.map(({ look }) => look))),
    ...(set === "sci" ? [verifyRow(set, all), secondRow(set, all)] : []),
    {
      section,
      what: `${set} under another name: extra disk`,
      figure: `${kib.toFixed(0)} KiB`,
      goal: "≤ 64 KiB",
      ok: kib <= 64,
    },
  ];
}

const lookRow = (set: string, look: number): Row => ({
  section: "env",
  what: `look for drift at an activation of ${set}`,
  figure: `${look.toFixed(3)} ms`,
  goal: "≤ 1 ms",
  ok: look <= 1,
});

function secondRow(set: string, all: readonly Round[]): Row {
  const share = median(all.map(({ second }) => second));
  return {
    section: "env",
    what: `${set} and one package more, another key: extra disk / the first`,
    figure: `${(share * 100).toFixed(1)} %`,
    goal: "≤ 15 %",
    ok: share <= 0.15,
  };
}

// A small environment is done before the second core has begun.
function verifyRow(set: string, all: readonly Round[]): Row {
  const speed = median(all.map(({ verified }) => verified)) / 1e6;
  return {
    section: "env",
    what: `\`env verify\` of ${set}, ${cpus().length} cores`,
    figure: `${speed.toFixed(0)} MB/s`,
    goal: "≥ 500 MB/s",
    ok: speed >= 500,
  };
}
