/** What the daemon costs while nobody asks it anything: anonymous memory and processor time, before and after load. */
import { resolve } from "node:path";
import { freshRoot, type Place, timed } from "./place.ts";
import type { Row } from "./table.ts";

const QUICKSTART = resolve(import.meta.dir, "../../test/fixtures/quickstart");
const GOAL_MB = 15;

export async function daemon(place: Place): Promise<Row[]> {
  const fresh = freshRoot(place, "daemon");
  await timed(fresh, [place.swcli, "daemon", "start"]);
  const pid = await daemonPid(fresh);
  await Bun.sleep(3000);
  const rows = [memoryRow("anonymous memory, started", await memory(pid))];
  await load(fresh);
  // Memory may come back late; a minute is what an idle daemon has.
  const peak = await memory(pid);
  const after = await lowest(pid, 60);
  rows.push({ ...memoryRow("anonymous memory, after load", after), note: `${mb(peak.anonymous)} right after it` });
  rows.push(await idleRow(pid));
  await timed(fresh, [place.swcli, "daemon", "stop"]);
  return rows;
}

interface Memory {
  readonly anonymous: number;
  readonly rss: number;
}

async function daemonPid(place: Place): Promise<number> {
  const { stdout } = await timed(place, [place.swcli, "-o", "json", "daemon", "status"]);
  const { pid } = JSON.parse(stdout) as { pid: number };
  return pid;
}

/** A build, an environment, and a thousand queries, twenty at a time. */
async function load(place: Place): Promise<void> {
  await timed(place, [place.swcli, "runtime", "build", "--prepare", "wait"], QUICKSTART);
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 20 }, () => timed(place, [place.swcli, "runtime", "list"])));
  }
  await timed(place, [place.swcli, "runtime", "build", "-nc", "--prepare", "wait"], QUICKSTART);
}

async function memory(pid: number): Promise<Memory> {
  const text = await Bun.file(`/proc/${pid}/smaps_rollup`).text();
  const kib = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN);
  return { anonymous: kib("Anonymous") * 1024, rss: kib("Rss") * 1024 };
}

async function lowest(pid: number, seconds: number): Promise<Memory> {
  let least = await memory(pid);
  for (let second = 0; second < seconds && least.anonymous > GOAL_MB * 1e6; second++) {
    await Bun.sleep(1000);
    const now = await memory(pid);
    if (now.anonymous < least.anonymous) least = now;
  }
  return least;
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function memoryRow(what: string, { anonymous, rss }: Memory): Row {
  const ok = anonymous <= GOAL_MB * 1e6;
  return { section: "daemon", what, figure: mb(anonymous), goal: `≤ ${GOAL_MB} MB`, ok, note: `resident ${mb(rss)}` };
}

/** Less than 1 s an hour is 0.03 %; over 30 seconds that is one tick of the clock (10 ms). */
async function idleRow(pid: number): Promise<Row> {
  const before = await ticks(pid);
  await Bun.sleep(30_000);
  const used = (await ticks(pid)) - before;
  const figure = `${used * 10} ms in 30 s`;
  return { section: "daemon", what: "processor time, idle", figure, goal: "≤ 10 ms in 30 s", ok: used <= 1 };
}

async function ticks(pid: number): Promise<number> {
  const text = await Bun.file(`/proc/${pid}/stat`).text();
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
