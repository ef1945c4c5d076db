/**
 * What the name of a base image stands for: asked once, so that all stages and platforms, and a job that is started again,
 * have the same one. Tests: test/e2e/dockerize-base.test.ts, test/e2e/dockerize-buildx.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type BaseImage, resolveBase } from "#core/docker/base-image.ts";
import { SwError } from "#core/errors.ts";

export interface PinnedBase {
  readonly name: string;
  readonly digest: string;
}

/** What the name means now; for a job that was interrupted, what it meant at first. @throws SwError as resolveBase */
export async function resolveOnce(ctx: Ctx, name: string, insecure: readonly string[]): Promise<BaseImage> {
  const what = `base ${name}`;
  const decided = ctx.decided?.get(what);
  const base = await resolveBase(ctx, decided === undefined ? name : pinnedTo(name, decided), insecure);
  if (decided === undefined) await ctx.decided?.set(what, base.digest);
  return base;
}

export const pinned = ({ digest }: BaseImage, name: string): PinnedBase => ({ name: pinnedTo(name, digest), digest });

const pinnedTo = (name: string, digest: string) => (name.includes("@") ? name : `${name}@${digest}`);

/** Undefined for a base of docker's own, which no registry knows. */
export async function pinnedBase(ctx: Ctx, name: string, insecure: readonly string[]): Promise<PinnedBase | undefined> {
  try {
    return pinned(await resolveOnce(ctx, name, insecure), name);
  } catch (e) {
    if (!(e instanceof SwError) || e.code === "CANCELLED" || e.code === "USAGE") throw e;
    ctx.report.log(`the base image is not pinned: ${e.message}`);
    return undefined;
  }
}
