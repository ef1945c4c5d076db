/** Looking at jobs from outside, and a daemon that dies while it works on them. */
import type { Home } from "../helpers/home.ts";

export const jobInfo = async (home: Home, id: string) => (await home.run(["-o", "json", "job", "info", id])).json;

/** The jobs that make images, newest first; the builds before them are jobs too. */
export async function imageJobs(home: Home, ...globals: string[]) {
  const rows: { id: string; kind: string; state: string }[] = (
    await home.run([...globals, "-o", "json", "job", "list"])
  ).json;
  return rows.filter(({ kind }) => kind === "runtime.dockerize");
}

export async function untilState(home: Home, id: string, state: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await jobInfo(home, id)).state === state) return;
    await Bun.sleep(50);
  }
  throw new Error(`job ${id} does not become ${state}: ${JSON.stringify(await jobInfo(home, id))}`);
}

export const daemonPid = async (home: Home): Promise<number> =>
  (await home.run(["-o", "json", "daemon", "status"])).json.pid;

/** As the kernel or a person would; returns when it has gone. */
export async function killDaemon(home: Home): Promise<void> {
  const pid = await daemonPid(home);
  process.kill(pid, "SIGKILL");
  while ((await home.processes()).includes(pid)) await Bun.sleep(10);
}
