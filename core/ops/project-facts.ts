/**
 * What a project's folder says of the environment it wants: requirement files, pyproject.toml, conda files, wheels.
 * Reads, guesses nothing it can't name a file for. Tests: test/e2e/quickstart.test.ts
 */
import { readdir } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { pythonMinor } from "#core/manifest/supported.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { defaultPythonMinor, SUPPORTED_MINORS } from "#core/python/find.ts";

export interface ProjectFacts {
  requirements: string[];
  /** Such as requirements-dev.txt: seldom a part of what runs. */
  otherRequirements: string[];
  conda: string[];
  wheels: string[];
  /** From pyproject.toml, when no requirement file says more. */
  pip: string[];
  python: string;
  pythonFrom: string;
  /** What pyproject.toml calls the project. */
  name: string | undefined;
}

export async function projectFacts(ctx: Ctx, dir: string): Promise<ProjectFacts> {
  const names = await filesIn(dir);
  const all = names.filter((name) => /^requirements.*\.txt$/.test(name));
  const main = all.includes("requirements.txt") ? ["requirements.txt"] : all.slice(0, 1);
  const pyproject = await readPyproject(dir);
  return {
    requirements: main,
    otherRequirements: all.filter((name) => !main.includes(name)),
    conda: names.filter((name) => /^(environment|conda)\.ya?ml$/.test(name)).slice(0, 1),
    wheels: names.filter((name) => name.endsWith(".whl")),
    pip: main.length > 0 ? [] : (pyproject?.dependencies ?? []),
    name: pyproject?.name,
    ...(await choosePython(ctx, dir, pyproject?.["requires-python"])),
  };
}

async function filesIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  } catch (e) {
    if (errno(e) === "ENOTDIR") throw new SwError("USAGE", `${dir} is not a folder`);
    if (errno(e) !== "ENOENT") throw e;
    return [];
  }
}

const Project = v.looseObject({
  name: v.optional(v.string()),
  "requires-python": v.optional(v.string()),
  dependencies: v.optional(v.array(v.string())),
});

async function readPyproject(dir: string): Promise<v.InferOutput<typeof Project> | undefined> {
  const text = await readTextIfAny(`${dir}/pyproject.toml`);
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(v.looseObject({ project: Project }), Bun.TOML.parse(text));
    return parsed.success ? parsed.output.project : undefined;
  } catch (e) {
    throw new SwError("MANIFEST_SYNTAX", `${dir}/pyproject.toml can't be read: ${String(e).split("\n")[0]}`, {
      cause: e,
    });
  }
}

/** `.python-version` is a choice, `requires-python` a range: there the host's own Python comes first. */
async function choosePython(
  ctx: Ctx,
  dir: string,
  wanted: string | undefined,
): Promise<{ python: string; pythonFrom: string }> {
  const pinned = pythonMinor((await readTextIfAny(`${dir}/.python-version`))?.split("\n")[0] ?? "");
  if (pinned !== undefined) return { python: pinned, pythonFrom: ".python-version" };
  const own = await defaultPythonMinor(ctx);
  if (wanted === undefined) return { python: own, pythonFrom: "the Python of this machine" };
  const fitting = [own, ...SUPPORTED_MINORS.toReversed()].find((minor) => fits(minor, wanted));
  return fitting === undefined
    ? { python: own, pythonFrom: `the Python of this machine (pyproject.toml asks for ${wanted})` }
    : { python: fitting, pythonFrom: `requires-python ${wanted} of pyproject.toml` };
}

/** The newest patch of the minor stands for it. */
function fits(minor: string, specifier: string): boolean {
  const range = specifier
    .split(",")
    .map((clause) =>
      clause.trim().replace(/^~=\s*(\d+)\.\d+$/, (all, major) => `>=${all.slice(2).trim()} <${+major + 1}`),
    )
    .map((clause) =>
      clause
        .replace(/^~=/, "~")
        .replace(/^==\s*/, "")
        .replace(/\.\*$/, ".x"),
    );
  const excluded = range
    .filter((clause) => clause.startsWith("!="))
    .map((clause) => clause.slice(2).replace(/\.x$/, ""));
  const wanted = range.filter((clause) => !clause.startsWith("!=")).join(" ");
  return !excluded.includes(minor) && (wanted === "" || Bun.semver.satisfies(`${minor}.99`, wanted));
}
