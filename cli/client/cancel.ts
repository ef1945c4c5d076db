/**
 * Ctrl-C and TERM: the first cancels what runs, the second leaves at once. Owns which of them it was.
 * Tests: test/e2e/daemon.test.ts
 */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

let received: number | undefined;

/** Fires at the first signal. Once per process: the handlers stay. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [name, code] of Object.entries(CODES)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(code);
      received = code;
      controller.abort();
    });
  }
  return controller.signal;
}

/** The exit code of what was cancelled, as a shell says it. */
export const cancelledCode = (): number => received ?? CODES.SIGINT;
