/**
 * The packages that an environment with `--system-site-packages` sees besides its own: where they lie, and which of them its
 * own packages can't do without. Tests: test/unit/core/venv/system-site.test.ts
 */
import type { Env } from "#core/platform/env.ts";
import { isFolder } from "#core/platform/folder.ts";
import { homeDir } from "#core/platform/paths.ts";
import { wantedHere } from "#core/venv/check.ts";
import type { Distribution } from "#core/venv/distribution.ts";
import type { MarkerEnv } from "#core/venv/marker.ts";

/** @param prefix where the base Python is installed */
export async function systemSites(env: Env, prefix: string, minor: string): Promise<string[]> {
  const places = [
    `${env.PYTHONUSERBASE || `${homeDir(env)}/.local`}/lib/python${minor}/site-packages`,
    `${prefix}/lib/python${minor}/site-packages`,
    // Debian's own names.
    `${prefix}/local/lib/python${minor}/dist-packages`,
    `${prefix}/lib/python3/dist-packages`,
  ];
  const there = await Promise.all(places.map(isFolder));
  return places.filter((_, i) => there[i]);
}

type Wanting = Pick<Distribution, "key" | "requires">;

/** What `own` requires of `base` and has not itself, and what that requires, and so on. */
export function neededFrom<T extends Wanting>(own: readonly Wanting[], base: readonly T[], env: MarkerEnv): T[] {
  const there = new Set(own.map(({ key }) => key));
  const needed: T[] = [];
  const open: Wanting[] = [...own];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const requirement of one.requires) {
      const key = wantedHere(requirement, env)?.key;
      const found = key === undefined || there.has(key) ? undefined : base.find((other) => other.key === key);
      if (!found) continue;
      there.add(found.key);
      needed.push(found);
      open.push(found);
    }
  }
  return needed.sort((a, b) => (a.key < b.key ? -1 : 1));
}
