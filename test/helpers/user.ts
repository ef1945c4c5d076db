/** An ordinary user on a machine where the tests run as root: a home of theirs, and the binary where they can read it. */
import { chmod, copyFile } from "node:fs/promises";
import type { RunResult } from "./child.ts";
import { type Home, type RunOptions, SWCLI_BIN, tempHome } from "./home.ts";
import { needsLinux, needsProgram, needsRoot } from "./needs.ts";

/** What a test of one needs. */
export const needsUser = [needsLinux(), needsProgram("setpriv"), needsRoot()];

const UID = "54321";

export interface UserHome extends AsyncDisposable {
  readonly home: Home;
  /** Runs swcli as that user. */
  run(words: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Gives everything in the home to the user: after files were written into it. */
  own(): Promise<void>;
}

/** @param env as in `tempHome` */
export async function userHome(env: Readonly<Record<string, string | undefined>> = {}): Promise<UserHome> {
  // Root's caches are not this person's.
  const own = { UV_CACHE_DIR: undefined, UV_PYTHON_INSTALL_DIR: undefined, USER: "somebody", ...env };
  const home = await tempHome({ env: own });
  const top = home.dir.slice(0, home.dir.lastIndexOf("/"));
  const swcli = `${top}/swcli`;
  await copyFile(SWCLI_BIN, swcli);
  await chmod(swcli, 0o755);
  const user = ["setpriv", "--reuid", UID, "--regid", UID, "--clear-groups"];
  return {
    home,
    run: async (words, options) => await home.exec([...user, swcli, ...words], options),
    own: async () => void (await home.exec(["chown", "-R", `${UID}:${UID}`, top])),
    [Symbol.asyncDispose]: async () => await home[Symbol.asyncDispose](),
  };
}
