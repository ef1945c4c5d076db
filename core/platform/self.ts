/** How this program calls itself again. The one place that knows about compiled argv. Tests: test/e2e/daemon.test.ts, test/e2e/upgrade.test.ts */
import { existsSync } from "node:fs";

/**
 * argv of another process of this very build. A compiled program's argv[1] is a virtual path that must not be passed on;
 * run from the sources the entry has to be named.
 */
export function selfCommand(...args: string[]): string[] {
  const compiled = Bun.main.startsWith("/$bunfs/");
  return compiled ? [ownProgram(), ...args] : [process.execPath, Bun.main, ...args];
}

/** When swcli was installed once more since, the file that runs has no name; the kernel still has it. */
const ownProgram = (): string => (existsSync(process.execPath) ? process.execPath : `/proc/${process.pid}/exe`);

/** False in a test or script that uses core: its own file would be run again, not swcli. */
export const canCallSelf = (): boolean => Bun.main.startsWith("/$bunfs/") || Bun.main.endsWith("/cli/main.ts");
