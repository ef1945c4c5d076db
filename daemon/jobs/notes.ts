/**
 * One line for the shell that started a job, shown at its next prompt by the hook: `<jobs>/notes/<pid of the shell>`.
 * The hook names its shell in SWCLI_SHELL, reads the file and empties it (core/env/activation/hook-notes.ts).
 * Tests: test/unit/daemon/jobs/job-log.test.ts, test/e2e/notes.test.ts
 */
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { errno } from "#core/errors.ts";
import type { Paths } from "#core/platform/paths.ts";
import { startTime } from "#core/store/leases.ts";
import type { JobRecord } from "#daemon/jobs/record.ts";
import { log } from "#daemon/life/log.ts";

type Where = { paths: Pick<Paths, "jobs"> };

/** In one go: a note that another job leaves at the same moment is neither lost nor mixed with it. */
export function leaveNote(
  where: Where,
  shell: string | undefined,
  job: Pick<JobRecord, "id" | "title" | "state">,
): void {
  if (!/^[1-9]\d{0,9}$/.test(shell ?? "")) return;
  // Control characters would act on the terminal that shows it.
  const title = job.title.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
  const folder = `${where.paths.jobs}/notes`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sweepNotes(folder);
    appendFileSync(`${folder}/${shell}`, `swcli: job ${job.id} (${title}) ${job.state}\n`, { mode: 0o600 });
  } catch (e) {
    // A full disk: what the job has done stays done.
    if (errno(e) === undefined) throw e;
    log(`no note for shell ${shell}: ${errno(e)}`);
  }
}

// A shell in a container has a pid that means nothing here.
const UNREAD_MS = 24 * 3_600_000;

/** Takes away what was read, and what nobody will read. */
function sweepNotes(folder: string): void {
  for (const name of readdirSync(folder)) {
    // A retiring daemon may take it away at the same time.
    const note = statSync(`${folder}/${name}`, { throwIfNoEntry: false });
    const isOld = note !== undefined && note.mtimeMs < Date.now() - UNREAD_MS;
    if (note?.size === 0 || (isOld && startTime(Number(name)) === "")) rmSync(`${folder}/${name}`, { force: true });
  }
}
