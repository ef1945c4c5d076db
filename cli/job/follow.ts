/**
 * Follows a job to its end, also when its daemon dies and the next one starts it again.
 * Tests: test/e2e/job-follow.test.ts
 */
import { clientFor } from "#cli/client/from-out.ts";
import { askDaemons } from "#cli/client/next-daemon.ts";
import type { Out } from "#cli/output/out.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import type { Report } from "#core/report.ts";

// The first, two that start the job again, and one to hear that it is over.
const DAEMONS = 4;

/** What was told is not told again. @throws SwError the job's own error with `job.wait` */
export async function followJob<M extends "job.wait" | "job.logs">(
  out: Out,
  method: M,
  params: { id: string; follow?: boolean | undefined },
  report: Report = out.report,
): Promise<ResultOf<M>> {
  let told = 0;
  const counting: Report = {
    progress(event) {
      told += 1;
      report.progress(event);
    },
    log(text) {
      told += 1;
      report.log(text);
    },
    warn(text) {
      told += 1;
      report.warn(text);
    },
  };
  const client = clientFor(out);
  return await askDaemons(DAEMONS, () => client.call(method, { ...params, skip: told }, { report: counting }));
}
