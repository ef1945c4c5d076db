/** What `runtime lock` says: which files were written, or the lock itself. */
import type { ResultOf } from "#core/protocol/methods.ts";

type Lock = ResultOf<"runtime.lock">;

export const lockText = ({ files }: Lock): string => files.map(({ text }) => text).join("");

export const lockView =
  ({ check }: { check: boolean }) =>
  ({ files, platforms, python }: Lock): string => {
    const verb = (changed: boolean) => (check ? "current" : changed ? "written" : "unchanged");
    const lines = files.map(({ path, changed }) => `${verb(changed)} ${path}`);
    const scope = platforms.length > 0 ? `for Python ${python} on ${platforms.join(", ")}` : `for Python ${python}`;
    return [...lines, scope].join("\n");
  };
