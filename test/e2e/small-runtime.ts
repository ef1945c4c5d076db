/** Small runtimes that need no Python and no network: built without a lock and without an environment. */
import type { Home, RunOptions } from "../helpers/home.ts";

export interface Built {
  version: string;
  tags: string[];
}

/** Builds a version of `name`; another `pin` is another version. */
export async function buildSmall(
  home: Home,
  name: string,
  pin: string,
  options: RunOptions & { args?: string[] } = {},
): Promise<Built> {
  const yaml = `name: ${name}\nenvironment:\n  python: '3.11'\ndependencies:\n  - pip: [six==${pin}]\n`;
  const dir = await home.project({ "runtime.yaml": yaml });
  const args = ["-o", "json", "runtime", "build", "-del", "--prepare", "no", ...(options.args ?? [])];
  const built = await home.run(args, { ...options, cwd: dir });
  if (built.exitCode !== 0) throw new Error(built.stdout + built.stderr);
  return built.json;
}

/** `n` versions, oldest first. */
export async function buildMany(home: Home, name: string, n: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) ids.push((await buildSmall(home, name, `1.${i}`)).version);
  return ids;
}
