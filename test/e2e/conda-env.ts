/** Conda environments in tests: a runtime.yaml for them, what swcli locked, py-rattler used on its own, and their files. */
import { expect } from "bun:test";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { condaChannel } from "../servers/conda-channel.ts";

export async function yamlProject(home: Home, channel: string, lines: string[]): Promise<string> {
  const { minor } = await condaChannel();
  const head = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["${channel}"] } }\n`;
  return await home.project({
    "runtime.yaml": `${head}dependencies:\n${lines.map((line) => `  - ${line}\n`).join("")}`,
  });
}

export async function lockOf(home: Home, name: string): Promise<Record<string, string>> {
  const { stdout } = await home.run(["runtime", "info", name, "-of", "lock", "-o", "json"]);
  const parsed = JSON.parse(stdout);
  return parsed.data ?? parsed.lock ?? parsed;
}

/** A plain use of the engine, as somebody without swcli would write it. */
export async function oracle(
  home: Home,
  input: { channel: string; specs: string[]; prefix: string },
): Promise<string[]> {
  const tools = join(home.root, ".store/v1/tools");
  const tool = (await readdir(tools)).find((name) => name.startsWith("rattler-"));
  const script = `
import asyncio, json, os, sys
from rattler import solve, install, GenericVirtualPackage, PackageName, Version, BuildString
async def main():
    v = [GenericVirtualPackage(PackageName("__glibc"), Version("2.31"), BuildString("0"))]
    r = await solve(["${input.channel}"], ${JSON.stringify(input.specs)}, platforms=["linux-64", "noarch"], virtual_packages=v)
    await install(r, target_prefix="${input.prefix}", execute_link_scripts=True, show_progress=False)
    print(json.dumps(sorted(f"{x.name.normalized}={x.version}={x.build}" for x in r)))
asyncio.run(main())
sys.stdout.flush()
os._exit(0)`;
  const result = await home.exec([join(tools, tool ?? "", "env/bin/python"), "-c", script]);
  expect(result.stderr).toBe("");
  return result.json;
}

/** An environment made by py-rattler alone, from a channel over http. */
export async function madeEnv(home: Home, channel: string, prefix: string): Promise<void> {
  // The engine, which is the oracle too, comes with a first lock.
  const warm = await yamlProject(home, channel, ["conda: [everywhere]"]);
  expect(await home.run(["runtime", "lock", "--stdout", warm])).toMatchObject({ exitCode: 0 });
  const { minor } = await condaChannel();
  await oracle(home, { channel, specs: ["native", "hail", `python ${minor}.*`], prefix });
}

/** All files and links below a prefix, with what they hold and whether they can be run; the prefix itself is written as `@` and what belongs to a moment is left out. */
export async function filesOf(prefix: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  // What every shared environment of ours gets besides: the guard, and a small pip where there is none.
  const added = /(^|\/)(_swcli_guard\.\w+$|site-packages\/pip\/|bin\/pip[\d.]*$)/;
  const skipped = /(^|\/)(\.swcli|__pycache__|conda-meta|CACHEDIR\.TAG|direct_url\.json|uv_cache\.json|RECORD)(\/|$)/;
  for (const entry of await readdir(prefix, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const own = path.slice(prefix.length);
    if (entry.isDirectory() || skipped.test(own) || added.test(own)) continue;
    found.set(own.slice(1), entry.isSymbolicLink() ? `-> ${await readlink(path)}` : await contentOf(path, prefix));
  }
  return found;
}

async function contentOf(path: string, prefix: string): Promise<string> {
  const text = (await readFile(path)).toString("latin1");
  const kind = (await stat(path)).mode & 0o111 ? "program" : "file";
  // In binaries what follows the prefix is padded with zeros.
  return `${kind}:${text.replaceAll(prefix, "@").replace(/\0+/g, "\0")}`;
}

/** The paths at which two environments differ. */
export const differing = (ours: Map<string, string>, theirs: Map<string, string>): string[] =>
  [...new Set([...ours.keys(), ...theirs.keys()])].filter((path) => ours.get(path) !== theirs.get(path)).sort();
