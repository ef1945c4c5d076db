/**
 * Bytecode of an environment, compiled by its own Python at low priority: a first import without it costs three times as
 * much. What does not compile (a template, code of another Python) is skipped. Tests: test/e2e/env.test.ts
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Ctx } from "#core/context.ts";
import type { Marker } from "#core/env/marker.ts";
import { sitePackages } from "#core/env/seen.ts";
import { sourceOf } from "#core/env/verify.ts";
import { namesIn } from "#core/platform/folder.ts";
import { run } from "#core/platform/proc.ts";

/** All of site-packages, on as many processors as there are. */
export async function compileBytecode(ctx: Ctx, { prefix }: Marker): Promise<void> {
  const site = sitePackages(prefix);
  if (!existsSync(site)) return;
  const shares = sharesOf(
    (await namesIn(site)).map((name) => `${site}/${name}`),
    availableParallelism(),
  );
  await Promise.all(shares.map(async (paths) => await compileShare(ctx, prefix, paths)));
}

/** Each takes every nth: neighbours in the alphabet are of all sizes. */
const sharesOf = (paths: readonly string[], count: number): string[][] =>
  Array.from({ length: count }, (_, share) => paths.filter((_, i) => i % count === share)).filter(
    ({ length }) => length,
  );

/**
 * One process of ours, which ends with us: the workers that compileall starts for itself would wait for ever for one that
 * was killed.
 */
async function compileShare(ctx: Ctx, prefix: string, paths: readonly string[]): Promise<void> {
  const nice = Bun.which("nice", { PATH: ctx.env.PATH ?? "/usr/bin:/bin" });
  const argv = [...(nice ? [nice, "-n", "19"] : []), ...compileall(prefix, ["-i", "-"])];
  const stdin = `${paths.join("\n")}\n`;
  await run(ctx, argv, { ...surroundings(ctx, prefix), stdin, dieWithParent: true });
}

/** The bytecode of one source, by the path that it has: compiled again from what is there. False when it isn't. */
export async function compileFile(ctx: Ctx, prefix: string, path: string): Promise<boolean> {
  const source = sourceOf(path);
  if (source === undefined) return false;
  const argv = compileall(prefix, ["-f", `${prefix}/${source}`]);
  return (await run(ctx, argv, surroundings(ctx, prefix))).exitCode === 0;
}

const COMPILEALL = ["-I", "-S", "-m", "compileall", "-q"];

/** Whether a command line, as /proc has it, may be that of such a process. */
export const isCompiler = (cmdline: string): boolean => cmdline.includes(`\0${COMPILEALL.join("\0")}\0`);

const compileall = (prefix: string, words: readonly string[]) => [
  `${prefix}/bin/python`,
  ...COMPILEALL,
  ...withoutPrefix(prefix),
  ...words,
];

const surroundings = (ctx: Ctx, prefix: string) => ({
  cwd: prefix,
  env: { PATH: ctx.env.PATH, HOME: ctx.env.HOME },
});

/** A path of the prefix in the code would make each environment's bytecode another; Python sets the real one at import. */
function withoutPrefix(prefix: string): string[] {
  const minor = Number(/python3\.(\d+)\/site-packages$/.exec(sitePackages(prefix))?.[1]);
  return minor >= 9 ? ["-s", `${prefix}/`] : [];
}
