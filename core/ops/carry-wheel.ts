/**
 * A package that is on no index as a wheel: the file that it was installed from, a build of its project, or what is
 * installed put back into a wheel. Tests: test/e2e/build-venv.test.ts
 */
import { cp, readdir } from "node:fs/promises";
import { basename } from "pathe";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { errno, SwError } from "#core/errors.ts";
import { normalizeName, parseWheelName } from "#core/lock/wheel-name.ts";
import { sha256File } from "#core/platform/digest.ts";
import { isFolder } from "#core/platform/folder.ts";
import { requirePython } from "#core/python/find.ts";
import { recordedSha256 } from "#core/venv/distribution.ts";
import type { LocalOrigin } from "#core/venv/origin.ts";
import { repackWheel } from "#core/venv/repack-wheel.ts";

export interface CarryPlace {
  /** Of the environment's Python. */
  minor: string;
  /** A folder of the caller's for what is made. */
  scratch: string;
}

/** @returns the wheel's path: the user's own file, or one below `scratch` */
export async function carryWheel(ctx: Ctx, origin: LocalOrigin, place: CarryPlace): Promise<string> {
  const to = { folder: place.scratch, signal: ctx.signal };
  if (origin.kind === "file") return (await ownFile(origin)) ?? (await repackWheel(origin.distribution, to));
  const hasSources = (origin.kind === "editable" || origin.kind === "project") && (await isFolder(origin.place));
  return hasSources ? await buildProject(ctx, origin, place) : await repackWheel(origin.distribution, to);
}

/** The wheel file is still there and still the one that was installed. */
async function ownFile({ place, distribution }: LocalOrigin): Promise<string | undefined> {
  const wheel = parseWheelName(basename(place));
  if (!wheel || wheel.name !== distribution.key || wheel.version !== distribution.version) return undefined;
  const { direct } = distribution;
  const recorded = direct && direct !== "unreadable" ? recordedSha256(direct) : undefined;
  try {
    const { hex } = await sha256File(place);
    return recorded === undefined || recorded === hex ? place : undefined;
  } catch (e) {
    if (errno(e) !== "ENOENT" && errno(e) !== "ENOTDIR" && errno(e) !== "EACCES") throw e;
    return undefined;
  }
}

/** Built from a copy: build backends write into the folder, and the project is the user's. */
async function buildProject(
  ctx: Ctx,
  { place, distribution }: LocalOrigin,
  { minor, scratch }: CarryPlace,
): Promise<string> {
  ctx.report.progress({ step: "wheel", text: `Building a wheel of ${distribution.name} from ${place}` });
  const [copy, out] = [`${scratch}/${distribution.key}.src`, `${scratch}/${distribution.key}.out`];
  await cp(place, copy, { recursive: true, filter: async (path) => path === place || (await isSource(path)) });
  const python = await requirePython(ctx, minor);
  const result = await runUv(ctx, ["build", "--wheel", "--quiet", "--python", python.path, "--out-dir", out, copy], {
    // The same sources give the same wheel, and so the same version.
    env: { SOURCE_DATE_EPOCH: "315532800" },
    onLine: (line) => ctx.report.log(line),
  });
  const wheel = result.exitCode === 0 ? (await readdir(out)).find((name) => name.endsWith(".whl")) : undefined;
  if (wheel && normalizeName(parseWheelName(wheel)?.name ?? "") === distribution.key) return `${out}/${wheel}`;
  throw new SwError("LOCK_FAILED", `no wheel of ${distribution.name} could be built from ${place}`, {
    hint: lastLine(result.stderr) ?? "Build it yourself (uv build --wheel) to see why.",
  });
}

const lastLine = (text: string) =>
  text
    .split("\n")
    .findLast((line) => line.trim() !== "")
    ?.trim();

/** Environments, caches and earlier builds inside a project are no part of it. */
async function isSource(path: string): Promise<boolean> {
  const name = basename(path);
  if (/^(__pycache__|node_modules|build|dist|\.venv|venv|\.tox|\.nox|\.mypy_cache|\.pytest_cache)$/.test(name))
    return false;
  return !(await Bun.file(`${path}/pyvenv.cfg`).exists());
}
