/**
 * A package that is on no index as a wheel: the very file that it was installed from, a build of a project in development,
 * or what is installed put back into a wheel. Tests: test/e2e/carry-wheel.test.ts
 */
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno } from "#core/errors.ts";
import { parseWheelName } from "#core/lock/wheel-name.ts";
import { buildEditable } from "#core/ops/build-editable.ts";
import { sha256File } from "#core/platform/digest.ts";
import { recordedSha256 } from "#core/venv/distribution.ts";
import type { LocalOrigin } from "#core/venv/origin.ts";
import { repackWheel } from "#core/venv/repack-wheel.ts";

/**
 * @param python the path of one of the environment's minor version
 * @param scratch a folder of the caller's for what is made
 * @returns the wheel's path: the user's own file, or one below `scratch`
 */
export async function carryWheel(ctx: Ctx, origin: LocalOrigin, python: string, scratch: string): Promise<string> {
  const { kind, distribution } = origin;
  if (kind === "editable") return await buildEditable(ctx, origin, { python, scratch });
  const own = kind === "file" ? await ownFile(origin) : undefined;
  if (own !== undefined) return own;
  ctx.report.progress({ step: "wheel", text: `Packing a wheel of the installed ${distribution.name}` });
  return await repackWheel(distribution, { folder: scratch, signal: ctx.signal });
}

/** The wheel file is still there, and proven to be the one that was installed. */
async function ownFile({ place, distribution: { direct, key, version } }: LocalOrigin): Promise<string | undefined> {
  const wheel = parseWheelName(basename(place));
  if (!wheel || wheel.name !== key || wheel.version !== version) return undefined;
  const recorded = direct && direct !== "unreadable" ? recordedSha256(direct) : undefined;
  if (recorded === undefined) return undefined;
  try {
    return (await sha256File(place)).hex === recorded ? place : undefined;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return undefined;
  }
}
