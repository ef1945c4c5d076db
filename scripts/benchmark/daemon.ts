/** What the daemon costs: anonymous memory and processor time idle, before and after load; and how soon it frees a prompt. */
import { readdirSync } from "node:fs";
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
  rows.push(await detachRow(fresh, ["build"], QUICKSTART));
  await load(fresh);
  // Memory may come back late; a minute is what an idle daemon has.
  const peak = await memory(pid);
  const after = await lowest(pid, 60);
  rows.push({ ...memoryRow("anonymous memory, after load", after), note: `${mb(peak.anonymous)} right after it` });
  rows.push(await idleRow(pid));
  await timed(fresh, [place.swcli, "daemon", "stop"]);
  return rows;
}

const DETACH_MS = 50;

/** From a command of `runtime` to the job's id, the daemon running. */
export async function detachRow(place: Place, words: readonly string[], cwd?: string): Promise<Row> {
  const took: number[] = [];
  for (let i = 0; i < 9; i++) {
    const { ms, stdout } = await timed(place, [place.swcli, "runtime", ...words, "--detach"], cwd);
    took.push(ms);
    await timed(place, [place.swcli, "job", "wait", stdout.trim()]);
  }
  const median = took.sort((a, b) => a - b)[4] ?? Number.NaN;
  const goal = `≤ ${DETACH_MS} ms`;
  return {
    section: "daemon",
    what: `\`${words[0]} --detach\` to its id`,
    figure: `${median.toFixed(0)} ms`,
    goal,
    ok: median <= DETACH_MS,
  };
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

// Less than a second an hour counts as none.
const IDLE_MS_A_MINUTE = 16;

async function idleRow(pid: number): Promise<Row> {
  // Until the collectors have tidied up after the load.
  await Bun.sleep(20_000);
  const before = await processorMs(pid);
  await Bun.sleep(60_000);
  const after = await processorMs(pid);
  // Thread by thread: one that ended meanwhile takes its whole past out of a sum.
  const used = [...after].reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0);
  const goal = `≤ ${IDLE_MS_A_MINUTE} ms a minute`;
  const ok = used <= IDLE_MS_A_MINUTE;
  return { section: "daemon", what: "processor time, idle", figure: `${used.toFixed(1)} ms a minute`, goal, ok };
}

/** By thread, from the scheduler: the ticks of /proc/PID/stat are too coarse. */
async function processorMs(pid: number): Promise<Map<string, number>> {
  const used = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = await Bun.file(`/proc/${pid}/task/${thread}/schedstat`)
      .text()
      .catch(() => "0");
    used.set(thread, Number(text.split(" ")[0]) / 1e6);
  }
  return used;
}
