/**
 * The `python3` that the client's shell would start. pyenv's shims are read instead of run, they cost 60 to 90 ms.
 * Only looks at files; must not start anything. Tests: test/unit/core/python/find.test.ts
 */
import { access, constants, readdir, realpath } from "node:fs/promises";
import { dirname, join } from "pathe";
import type { Ctx } from "#core/context.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { pathDirs, pyenvRoot } from "#core/python/candidates.ts";

type Where = Pick<Ctx, "env" | "cwd">;

/** The path of the first `python3` on PATH, a pyenv shim replaced by what it selects; undefined when there is none. */
export async function pathPython(where: Where): Promise<string | undefined> {
  const shims = await real(join(pyenvRoot(where.env), "shims"));
  for (const dir of pathDirs(where)) {
    const path = join(dir, "python3");
    if (!(await isProgram(path))) continue;
    if ((await real(dir)) !== shims) return path;
    const selected = await pyenvSelected(where);
    if (selected !== undefined) return selected;
  }
  return undefined;
}

/** The first selected version that has a `python3`; "system" means the rest of PATH. */
async function pyenvSelected(where: Where): Promise<string | undefined> {
  for (const name of await selectedNames(where)) {
    if (name === "system") return undefined;
    const folder = await versionFolder(where, name);
    const path = folder === undefined ? undefined : join(folder, "bin/python3");
    if (path !== undefined && (await isProgram(path))) return path;
  }
  return undefined;
}

/** pyenv's own order: the variable, a .python-version here or above, the global file. */
async function selectedNames(where: Where): Promise<string[]> {
  const named = where.env.PYENV_VERSION;
  if (named) return named.split(":");
  for (let dir = where.cwd; ; dir = dirname(dir)) {
    const text = await readTextIfAny(join(dir, ".python-version"));
    if (text !== undefined) return words(text);
    if (dirname(dir) === dir) break;
  }
  return words((await readTextIfAny(join(pyenvRoot(where.env), "version"))) ?? "system");
}

const words = (text: string): string[] => text.replace(/#.*$/gm, "").split(/\s+/).filter(Boolean);

/** `3.11` selects the newest 3.11 patch, as in pyenv 2.3.7 and later. */
async function versionFolder(where: Where, name: string): Promise<string | undefined> {
  const versions = join(pyenvRoot(where.env), "versions");
  const names = await namesIn(versions);
  const plain = name.replace(/^python-/, "");
  if (names.includes(plain)) return join(versions, plain);
  const patches = names.filter((each) => each.startsWith(`${plain}.`) && /^\d+(\.\d+)+$/.test(each));
  const newest = patches.sort(Bun.semver.order).pop();
  return newest === undefined ? undefined : join(versions, newest);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function real(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
