/**
 * `swcli doctor`: what swcli works with on this machine, a line a thing. Changes nothing.
 * Tests: test/e2e/doctor.test.ts
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname } from "pathe";
import type { Ctx } from "#core/context.ts";
import { UV_VERSION, uvPath } from "#core/engines/uv.ts";
import { errno, SwError } from "#core/errors.ts";
import { BUILD_ID, VERSION } from "#core/platform/build-info.ts";
import { findPython, SUPPORTED_MINORS } from "#core/python/find.ts";
import { STORE_FORMAT } from "#core/store/format.ts";

export interface MachineCheck {
  name: string;
  /** False: something does not work until it is put right. */
  ok: boolean;
  text: string;
}

export async function checkMachine(ctx: Ctx): Promise<{ ok: boolean; checks: MachineCheck[] }> {
  const checks = [
    { name: "swcli", ok: true, text: `${VERSION} (build ${BUILD_ID}), ${ctx.longLived ? "daemon" : "in-process"}` },
    await checkRoot(ctx),
    await checkUv(ctx),
    await checkPythons(ctx),
    ...["docker", "conda", "git"].map((program) => checkProgram(ctx, program)),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}

/** The nearest folder that is there decides: a fresh machine has no root yet. */
async function checkRoot(ctx: Ctx): Promise<MachineCheck> {
  const { root } = ctx.paths;
  const name = "store";
  for (let path = root; ; path = dirname(path)) {
    try {
      await access(path, constants.W_OK | constants.X_OK);
      return { name, ok: true, text: `${root} (format ${STORE_FORMAT}${path === root ? "" : ", not made yet"})` };
    } catch (e) {
      if (errno(e) === "ENOENT" && path !== "/") continue;
      return { name, ok: false, text: `${root} can't be written: ${errno(e) ?? String(e)} at ${path}` };
    }
  }
}

async function checkUv(ctx: Ctx): Promise<MachineCheck> {
  try {
    const own = ctx.env.SWCLI_UV ? "SWCLI_UV" : UV_VERSION;
    return { name: "uv", ok: true, text: `${await uvPath(ctx)} (${own})` };
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    return { name: "uv", ok: false, text: e.message };
  }
}

/** None is no fault: uv downloads what is missing. */
async function checkPythons(ctx: Ctx): Promise<MachineCheck> {
  const found = await Promise.all(SUPPORTED_MINORS.map((minor) => findPython(ctx, minor)));
  const lines = found.flatMap((python) => (python ? `${python.version} ${python.path}` : []));
  return { name: "python", ok: true, text: lines.join("\n") || "none found; uv downloads what a runtime needs" };
}

function checkProgram(ctx: Ctx, program: string): MachineCheck {
  const path = Bun.which(program, { PATH: ctx.env.PATH ?? "", cwd: ctx.cwd });
  return { name: program, ok: true, text: path ?? "not found (needed for some sources only)" };
}
