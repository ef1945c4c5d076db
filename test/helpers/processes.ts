/**
 * Finds and ends the processes of one test by the folder that their environment names: a daemon leaves its parent's session, so
 * neither the process tree nor the group leads to it. Linux only; elsewhere it finds nothing.
 */
import { readdir, readFile } from "node:fs/promises";

/** The pids of the living (a zombie has no environment) with a variable that names this folder or one below it. */
export async function processesIn(folder: string): Promise<number[]> {
  const names = process.platform === "linux" ? await readdir("/proc") : [];
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => livesIn(pid, folder)));
  return pids.filter((pid, index) => pid !== process.pid && found[index]);
}

/** Ends them, softly first. Throws when one survives: then the test that left it is at fault. */
export async function endProcesses(folder: string): Promise<void> {
  const steps: NodeJS.Signals[] = ["SIGTERM", "SIGKILL"];
  for (const signal of steps) {
    for (const pid of await processesIn(folder)) send(pid, signal);
    const until = Date.now() + 3000;
    while ((await processesIn(folder)).length > 0 && Date.now() < until) await Bun.sleep(20);
  }
  const left = await processesIn(folder);
  if (left.length > 0) throw new Error(`processes ${left.join(", ")} of ${folder} don't end`);
}

async function livesIn(pid: number, folder: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, "latin1");
    return environment.includes(`=${folder}/`) || environment.includes(`=${folder}\0`);
  } catch {
    // It ended, or is another user's.
    return false;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
