/**
 * Gives memory back when the daemon has nothing to do: one collection a few seconds after the last call, no timer else.
 * Tests: scripts/bench daemon
 */
const QUIET_MS = 3000;

export class Rest {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Something happened; rest later. Cheap: an armed timer is left to look at the clock itself. */
  later(isBusy: () => boolean): void {
    if (this.#timer !== undefined) return void this.#timer.refresh();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (isBusy()) return this.later(isBusy);
      Bun.gc(true);
      Bun.shrink();
    }, QUIET_MS);
  }
}
