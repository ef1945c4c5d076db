/**
 * What may be asked again of the next daemon when one dies: a question, or work that then goes on or begins anew.
 * Tests: test/e2e/job-follow.test.ts, test/e2e/activate-first.test.ts
 */
import { SwError } from "#core/errors.ts";

// A dying daemon's socket still takes connections for a moment.
const PAUSE_MS = 100;

/** @param daemons how many are asked; few, since the work itself may be what ends them */
export async function askDaemons<T>(daemons: number, ask: () => Promise<T>): Promise<T> {
  for (let lost = 1; ; lost++) {
    try {
      return await ask();
    } catch (e) {
      if (!(e instanceof SwError) || e.code !== "DAEMON_LOST" || lost === daemons) throw e;
      await Bun.sleep(PAUSE_MS);
    }
  }
}
