/**
 * One line for the shell that started a job, shown at its next prompt by the hook: `<jobs>/notes/<pid of the shell>`.
 * The hook names its shell in SWCLI_SHELL, reads the file and removes it. Tests: test/unit/daemon/jobs/notes.test.ts
 */
import { appendFile, mkdir } from "node:fs/promises";
import type { Paths } from "#core/platform/paths.ts";
import type { JobRecord } from "#daemon/jobs/record.ts";

export async function leaveNote(
  { paths }: { paths: Pick<Paths, "jobs"> },
  shell: string | undefined,
  job: Pick<JobRecord, "id" | "title" | "state">,
): Promise<void> {
  if (!/^[1-9]\d{0,9}$/.test(shell ?? "")) return;
  await mkdir(`${paths.jobs}/notes`, { recursive: true, mode: 0o700 });
  // Control characters would act on the terminal that shows it.
  const title = job.title.replace(/[^\x20-\x7e]/g, "?").slice(0, 200);
  await appendFile(`${paths.jobs}/notes/${shell}`, `swcli: job ${job.id} (${title}) ${job.state}\n`, { mode: 0o600 });
}
