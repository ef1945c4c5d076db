/** Environments before and after: everything that a change would show in, and the tools that make them. */
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";

/** Names, kinds, modes, times, bytes. */
export async function stateOf(prefix: string): Promise<string[]> {
  const entries = await readdir(prefix, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const info = await lstat(path);
    const content = entry.isFile()
      ? Bun.hash(await readFile(path))
      : entry.isSymbolicLink()
        ? await readlink(path)
        : "";
    return `${path} ${info.mode} ${info.mtimeMs} ${content}`;
  });
  return (await Promise.all(lines)).sort();
}

/** `name==version` of all that is installed, as the environment's own Python sees it. */
export const LIST =
  "import importlib.metadata as m; print(sorted({f'{d.name}=={d.version}' for d in m.distributions()}))";

/** The uv that this home's swcli brought along. */
export async function uvProgram(home: Home): Promise<string> {
  const tools = join(home.root, ".store/v1/tools");
  const find = async () => (await readdir(tools).catch(() => [])).find((name) => name.startsWith("uv-"));
  // The first lock of a home unpacks it.
  if (!(await find())) {
    const warm = await home.project({ "runtime.yaml": "name: warm\ndependencies: [{ pip: [six] }]\n" });
    await home.run(["runtime", "build", "--prepare", "no", "-n", "warm"], { cwd: warm });
  }
  return join(tools, (await find()) ?? "", "uv");
}
