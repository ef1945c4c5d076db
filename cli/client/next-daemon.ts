/**
 * What may be asked again of the next daemon when one dies: a question, or work that then goes on or begins anew.
 * Tests: test/e2e/job-follow.test.ts, test/e2e/activate-first.test.ts
 */
import { SwError } from "#core/errors.ts";

// A dying daemon's socket still takes connections for a moment.
const PAUSE_MS = 100;

export const isLost = (e: unknown): e is SwError => e instanceof SwError && e.code === "DAEMON_LOST";

/**
 * @param daemons how many are asked; few, since the work itself may be what ends them
 * @param again whether the next one is to be asked
 */
export async function askDaemons<T>(
  daemons: number,
  ask: () => Promise<T>,
  again: (lost: SwError) => boolean = () => true,
): Promise<T> {
  for (let lost = 1; ; lost++) {
    try {
      return await ask();
    } catch (e) {
      if (!isLost(e) || lost === daemons || !again(e)) throw e;
      await Bun.sleep(PAUSE_MS);
    }
  }
}
