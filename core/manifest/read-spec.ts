/**
 * Reads a runtime.yaml: bytes from the disk, then everything it says, with every error at its place.
 * Owns: the top-level keys, the mode, the name. The parts are in read-configs, read-environment and read-dependencies.
 * Must not know what is done with a spec. Tests: test/unit/core/manifest/read-spec.test.ts
 */
import { readFile, stat } from "node:fs/promises";
import { dirname, relative, resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import { readConfigs } from "#core/manifest/read-configs.ts";
import { readDependencies, readFileDependency } from "#core/manifest/read-dependencies.ts";
import { readEnvironment } from "#core/manifest/read-environment.ts";
import type { Dependency, Mode, RuntimeSpec } from "#core/manifest/spec.ts";
import { placed } from "#core/manifest/spec-error.ts";
import {
  type Field,
  type Fields,
  fieldsOf,
  isAbsent,
  problem,
  rootField,
  textOf,
  warnUnknown,
} from "#core/manifest/yaml-field.ts";
import { MAX_SPEC_BYTES, openSource, throwProblems, tooBig } from "#core/manifest/yaml-source.ts";

/**
 * @param file absolute, or relative to the client's folder
 * @throws SwError MANIFEST_* for anything that is wrong with the file, all problems in one error
 */
export async function readSpec(ctx: Ctx, file: string): Promise<RuntimeSpec> {
  const path = resolve(ctx.cwd, file);
  const label = labelOf(ctx, path);
  if (!/\.ya?ml$/.test(path)) {
    throw new SwError("MANIFEST_INVALID", `${label} is not a yaml file`, {
      hint: "The name must end in .yaml or .yml.",
    });
  }
  const text = decode(await readBytes(path, label), label);
  return { ...parseLabelled(text, label), file: path, dir: dirname(path) };
}

/** The spec in a text; `file` and `dir` are only passed on, and the file's base name stands in messages. */
export function parseSpec(text: string, file: string, dir: string): RuntimeSpec {
  return { ...parseLabelled(text, file.slice(file.lastIndexOf("/") + 1)), file, dir };
}

type ParsedSpec = Omit<RuntimeSpec, "file" | "dir">;

const KEYS = [
  "name",
  "mode",
  "api_version",
  "configs",
  "environment",
  "dependencies",
  "hooks",
  "python_version",
  "pip_req",
];

function parseLabelled(text: string, label: string): ParsedSpec {
  const source = openSource(text, label);
  const root = rootField(source);
  if (isAbsent(root)) throw emptyFile(label);
  const keys = fieldsOf(root);
  throwProblems(source);
  const spec = readKeys(root, keys);
  throwProblems(source);
  return { ...spec, text, label, warnings: source.warnings.map((w) => placed(source, w.at, w.message)) };
}

function readKeys(root: Field, keys: Fields): Omit<ParsedSpec, "text" | "warnings"> {
  warnUnknown(keys, KEYS);
  checkApiVersion(keys.get("api_version"));
  const dependencies = [...readDependencies(keys.get("dependencies"))];
  const legacy = readFileDependency(keys.get("pip_req"));
  if (legacy) dependencies.push(legacy);
  const mode = keys.get("mode");
  return {
    name: readName(root, keys.get("name")),
    mode: readMode(root, mode, dependencies),
    modeWritten: mode !== undefined && !isAbsent(mode),
    configs: readConfigs(keys.get("configs")),
    environment: readEnvironment(keys.get("environment"), keys.get("python_version")),
    dependencies,
  };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,79}$/;

function readName(root: Field, field: Field | undefined): string {
  if (!field || isAbsent(field)) {
    problem({ ...root, at: { line: 1, column: 1, width: 1 } }, "MANIFEST_NAME", {
      message: "the runtime has no name",
      hint: "Add a line such as `name: my-runtime`.",
    });
    return "";
  }
  const name = textOf(field);
  if (name === undefined) return "";
  if (!NAME.test(name)) {
    const hint = "Use 1 to 80 letters, digits, `_`, `.` or `-`, beginning with a letter or `_`.";
    problem(field, "MANIFEST_NAME", { message: `${name} can't be the name of a runtime`, hint });
  }
  return name;
}

function readMode(root: Field, field: Field | undefined, dependencies: readonly Dependency[]): Mode {
  const conda = dependencies.filter((d) => d.kind === "conda_pkg" || d.kind === "conda_env_file");
  const written = textOf(field);
  if (field && written !== undefined && written !== "venv" && written !== "conda") {
    problem(field, "MANIFEST_INVALID", { message: `mode ${written} is not supported`, hint: "Use venv or conda." });
  }
  if (written === undefined) return conda.length > 0 ? "conda" : "venv";
  if (written === "conda") return "conda";
  for (const { at } of conda) {
    const message = "conda dependencies are kept but not installed, since mode is venv";
    root.source.warnings.push({ at: { ...at, width: 1 }, message });
  }
  return "venv";
}

function checkApiVersion(field: Field | undefined): void {
  const version = textOf(field);
  if (!field || version === undefined || version === "1.1") return;
  const hint = "This swcli reads 1.1; the line may also be left out.";
  problem(field, "MANIFEST_INVALID", { message: `api_version ${version} is not supported`, hint });
}

async function readBytes(path: string, label: string): Promise<Uint8Array> {
  try {
    const info = await stat(path);
    // A pipe would wait for ever, a device never end.
    if (!info.isFile()) throw missing(label, "is not a file");
    if (info.size > MAX_SPEC_BYTES) throw tooBig(label);
    return await readFile(path);
  } catch (e) {
    if (errno(e) === "ENOENT" || errno(e) === "ENOTDIR") throw missing(label, "is not there");
    if (errno(e) === "EACCES") throw missing(label, "can't be read: permission denied");
    throw e;
  }
}

function decode(bytes: Uint8Array, label: string): string {
  try {
    // The mark stays in the text, which is the file's content; the parser skips it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const hint = "Save the file as UTF-8.";
    throw new SwError("MANIFEST_SYNTAX", `${label} is not UTF-8 text`, { hint, cause });
  }
}

/** Relative where that is shorter to read: inside the client's folder. */
function labelOf(ctx: Ctx, path: string): string {
  const shown = relative(ctx.cwd, path);
  return shown.startsWith("../") || shown === "" ? path : shown;
}

const missing = (label: string, what: string) =>
  new SwError("MANIFEST_FILE_MISSING", `${label} ${what}`, {
    hint: "`swcli runtime quickstart shell` writes one; build takes another with -y FILE, lock with -f FILE.",
  });

const emptyFile = (label: string) =>
  new SwError("MANIFEST_SYNTAX", `${label} is empty`, {
    hint: "It needs at least `name: my-runtime`; `swcli runtime quickstart shell` writes one.",
  });
