/**
 * A wheel of a project that is installed for development: built from a copy of its sources, with the user's own indexes,
 * and only of the version that is installed. The project's folder is only read. Tests: test/e2e/carry-wheel.test.ts
 */
import { cp, readdir } from "node:fs/promises";
import { basename, relative } from "pathe";
import { indexSettings, NO_EXPLICIT_INDEX } from "#core/config/index-settings.ts";
import type { Ctx } from "#core/context.ts";
import { runUv } from "#core/engines/uv.ts";
import { SwError } from "#core/errors.ts";
import { parseUvError } from "#core/lock/uv-error.ts";
import { parseWheelName } from "#core/lock/wheel-name.ts";
import { isFolder } from "#core/platform/folder.ts";
import type { LocalOrigin } from "#core/venv/origin.ts";
import { compareVersions } from "#core/venv/pep440.ts";

export interface BuildPlace {
  /** The path of one of the environment's minor version. */
  python: string;
  /** A folder of the caller's for what is made. */
  scratch: string;
}

/** @throws SwError LOCK_FAILED when it can't be built, or its sources are of another version by now */
export async function buildEditable(ctx: Ctx, origin: LocalOrigin, { python, scratch }: BuildPlace): Promise<string> {
  const { place, distribution } = origin;
  if (!(await isFolder(place))) throw notThere(origin);
  await ctx.takeTurn();
  ctx.report.progress({ step: "wheel", text: `Building a wheel of ${distribution.name} from ${place}` });
  const [copy, out] = [`${scratch}/${distribution.key}.src`, `${scratch}/${distribution.key}.out`];
  await copySources(place, copy);
  const index = await indexSettings(ctx, NO_EXPLICIT_INDEX);
  const args = ["build", "--wheel", "--python", python, ...index.args, "--out-dir", out, copy];
  const result = await runUv(ctx, args, {
    env: { ...index.env, SOURCE_DATE_EPOCH: String(epochOf(distribution.version)) },
    onLine: (line) => ctx.report.log(line),
  });
  const wheel = result.exitCode === 0 ? (await readdir(out)).find((name) => name.endsWith(".whl")) : undefined;
  if (wheel === undefined) throw notBuilt(origin, result.stderr.replaceAll(copy, place));
  refuseOther(origin, wheel);
  return `${out}/${wheel}`;
}

const notThere = ({ place, distribution: { name } }: LocalOrigin) =>
  new SwError("LOCK_FAILED", `${name} can't be carried: its project ${place} is not there any more`, {
    hint: "Install it from where it is now, then repeat the build.",
  });

/** Build backends write into the folder, and the project is the user's. A link stays one, so that git sees no change. */
async function copySources(place: string, copy: string): Promise<void> {
  const filter = async (path: string) => path === place || (await isSource(relative(place, path), path));
  await cp(place, copy, { recursive: true, verbatimSymlinks: true, filter });
}

/** Of an earlier build: what setuptools finds there goes into the next wheel, whatever the sources say. */
const BUILT = /^build\/(lib|lib\..*|temp\..*|bdist\..*)$|^dist\/[^/]*\.(whl|tar\.gz|zip|egg)$/;
const CACHES = /^(__pycache__|\.tox|\.nox|\.mypy_cache|\.pytest_cache|\.ruff_cache)$/;

/** Environments, caches and earlier builds inside a project are no part of it. */
async function isSource(path: string, full: string): Promise<boolean> {
  if (BUILT.test(path) || path === "node_modules" || CACHES.test(basename(path))) return false;
  return !(await Bun.file(`${full}/pyvenv.cfg`).exists());
}

// 1980-01-01, the first day that a zip knows.
const FIRST_DAY = 315_532_800;

/** The same sources give the same wheel; of a changed work tree the version names the day of the install. */
function epochOf(version: string): number {
  const [, year = "", month = "", day = ""] = /\.d(\d{4})(\d{2})(\d{2})$/.exec(version) ?? [];
  return year === "" ? FIRST_DAY : Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
}

function refuseOther({ place, distribution }: LocalOrigin, wheel: string): void {
  const { name, version } = parseWheelName(wheel) ?? { name: wheel, version: "" };
  const isSame = version === distribution.version || compareVersions(version, distribution.version) === 0;
  if (name === distribution.key && isSame) return;
  throw new SwError(
    "LOCK_FAILED",
    `${distribution.name} ${distribution.version} is installed, but its project ${place} is ${name} ${version} by now`,
    { hint: `Install it again (pip install -e ${place}), so that the environment is what is locked.` },
  );
}

// The end of a backend's output says what is wrong.
const KEPT_LINES = 8;

function notBuilt({ place, distribution }: LocalOrigin, stderr: string): SwError {
  const own = stderr.search(/^error: Failed to build/m);
  const said = stderr.slice(0, Math.max(0, own)).split("\n");
  const { head, causes } = parseUvError(stderr);
  const isBackends = causes.some((cause) => cause.startsWith("The build backend returned an error"));
  const lines = isBackends ? said.filter((line) => line.trim() !== "").slice(-KEPT_LINES) : [head, ...causes];
  return new SwError(
    "LOCK_FAILED",
    `no wheel of ${distribution.name} could be built from ${place}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
    { hint: "Only the project's own folder is built, in a copy; `uv build --wheel` there shows the whole output." },
  );
}
