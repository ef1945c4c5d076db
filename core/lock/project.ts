/**
 * The project that uv locks for us: a pyproject.toml made from all inputs at once (docs/lock.md says why a project).
 * Only what uv takes for a part of the project stands in it: other settings of [tool.uv] are not read without the
 * user's configuration (UV_NO_CONFIG). Runs nothing. Tests: test/unit/core/lock/project.test.ts
 */
import { basename } from "pathe";
import { SwError } from "#core/errors.ts";
import { type PlatformName, platformMarker } from "#core/lock/platforms.ts";
import type { RequirementLine } from "#core/lock/requirements.ts";
import { fittingPlatforms, parseWheelName, type WheelName } from "#core/lock/wheel-name.ts";

/** uv repeats it in its explanations; explain.ts takes it out again. */
export const PROJECT_NAME = "swcli-your-requirements";

export interface ProjectInput {
  pythonMinor: string;
  platforms: readonly PlatformName[];
  requirements: readonly RequirementLine[];
  constraints: readonly RequirementLine[];
  overrides: readonly string[];
  /** Absolute paths. */
  wheels: readonly string[];
}

/** The text of pyproject.toml. */
export function projectToml(input: ProjectInput): string {
  const markers = input.platforms.map(platformMarker);
  const dependencies = [...input.requirements.map((line) => line.text), ...wheelRequirements(input)];
  const tool = {
    package: false,
    environments: markers,
    "required-environments": markers,
    "constraint-dependencies": unique(input.constraints.map((line) => line.text)),
    "override-dependencies": unique(input.overrides),
  };
  const project = {
    name: PROJECT_NAME,
    version: "0",
    "requires-python": `==${input.pythonMinor}.*`,
    dependencies: unique(dependencies),
  };
  return `[project]\n${toml(project)}\n[tool.uv]\n${toml(tool)}`;
}

/** `name @ file://…`; wheels of one name for several platforms get the marker of theirs. */
function wheelRequirements(input: ProjectInput): string[] {
  const wheels = input.wheels.map((path) => ({ path, name: readName(path) }));
  return wheels.map(({ path, name }) => {
    const alone = wheels.filter((other) => other.name.name === name.name).length === 1;
    const marker = alone ? "" : platformsMarker(name, input.platforms);
    return `${name.name} @ ${Bun.pathToFileURL(path).href}${marker}`;
  });
}

function platformsMarker(name: WheelName, platforms: readonly PlatformName[]): string {
  const fitting = fittingPlatforms(name, platforms);
  if (fitting.length === platforms.length) return "";
  // A marker that is never true keeps a wheel for none of the platforms out of the resolution.
  if (fitting.length === 0) return " ; sys_platform == 'none'";
  return ` ; ${fitting.map((platform) => `(${platformMarker(platform)})`).join(" or ")}`;
}

function readName(path: string): WheelName {
  const name = parseWheelName(basename(path));
  if (name !== undefined) return name;
  throw new SwError("MANIFEST_DEPENDENCY", `${basename(path)} is not named as a wheel is`, {
    hint: "A wheel is named <name>-<version>-<python>-<abi>-<platform>.whl; keep the name that its builder gave it.",
  });
}

const unique = (values: readonly string[]) => [...new Set(values)].sort();

// JSON's strings and arrays are TOML's too, but for DEL, which TOML wants escaped.
const toml = (table: Record<string, unknown>) =>
  Object.entries(table)
    .map(([key, value]) => `${key} = ${JSON.stringify(value, null, 1).replaceAll("\x7f", "\\u007f")}\n`)
    .join("");
