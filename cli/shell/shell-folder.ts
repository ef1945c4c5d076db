/** The current folder in the words of the shell that started us, which are what its `cd` hook compares. */
import { statSync } from "node:fs";

/** `$PWD`, links and all, while it is the folder that we are in (as `pwd -L`); else the real path. */
export function shellFolder(env: Readonly<Record<string, string | undefined>>, cwd: string): string {
  const said = env.PWD;
  return said?.startsWith("/") && isSame(said, cwd) ? said : cwd;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}
