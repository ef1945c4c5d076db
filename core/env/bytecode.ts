/**
 * Bytecode of an environment, compiled by its own Python at low priority: a first import without it costs three times as
 * much. What does not compile (a template, code of another Python) is skipped. Tests: test/e2e/env.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import type { Marker } from "#core/env/marker.ts";
import { sitePackages } from "#core/env/seen.ts";
import { run } from "#core/platform/proc.ts";

export async function compileBytecode(ctx: Ctx, { prefix }: Marker): Promise<void> {
  const site = sitePackages(prefix);
  if (!existsSync(site)) return;
  const nice = Bun.which("nice", { PATH: ctx.env.PATH ?? "/usr/bin:/bin" });
  const python = [`${prefix}/bin/python`, "-I", "-S", "-m", "compileall", "-q", "-j", "0", ...withoutPrefix(prefix)];
  await run(ctx, [...(nice ? [nice, "-n", "19"] : []), ...python, site], {
    cwd: prefix,
    env: { PATH: ctx.env.PATH, HOME: ctx.env.HOME },
    dieWithParent: true,
  });
}

/** The bytecode of one source, by the path that it has: compiled again from what is there. False when it isn't. */
export async function compileFile(ctx: Ctx, prefix: string, path: string): Promise<boolean> {
  const [, folder, name] = /^(.*)__pycache__\/([^/.]+)\.[^/]+\.pyc$/.exec(path) ?? [];
  if (folder === undefined) return false;
  const source = `${prefix}/${folder}${name}.py`;
  const argv = [`${prefix}/bin/python`, "-I", "-S", "-m", "compileall", "-q", "-f", ...withoutPrefix(prefix), source];
  return (await run(ctx, argv, { cwd: prefix, env: { PATH: ctx.env.PATH, HOME: ctx.env.HOME } })).exitCode === 0;
}

/** A path of the prefix in the code would make each environment's bytecode another; Python sets the real one at import. */
function withoutPrefix(prefix: string): string[] {
  const minor = Number(/python3\.(\d+)\/site-packages$/.exec(sitePackages(prefix))?.[1]);
  return minor >= 9 ? ["-s", `${prefix}/`] : [];
}
