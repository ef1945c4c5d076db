/**
 * The `dependencies` of a runtime.yaml: requirement and conda files, package lists, wheels, files, commands.
 * Owns: the kinds and their checks on paper; whether a file is there is the build's question.
 * Tests: test/unit/core/manifest/read-dependencies.test.ts
 */
import { isMap, isScalar } from "yaml";
import { closest } from "#core/manifest/did-you-mean.ts";
import { warnOfSecret } from "#core/manifest/read-configs.ts";
import type { At, Dependency, FileItem, Item } from "#core/manifest/spec.ts";
import { packagePath, prefixPath } from "#core/manifest/spec-path.ts";
import {
  dataOf,
  type Field,
  type Fields,
  fieldsOf,
  isAbsent,
  itemsOf,
  problem,
  textOf,
} from "#core/manifest/yaml-field.ts";

export function readDependencies(field: Field | undefined): Dependency[] {
  return (itemsOf(field, "Begin each item with `- `.") ?? []).flatMap((item) => {
    if (isScalar(item.node)) return readFileDependency(item) ?? [];
    return isMap(item.node) ? readKinds(fieldsOf(item)) : refuseItem(item);
  });
}

/** A requirement or conda file; also the old top-level `pip_req`. */
export function readFileDependency(field: Field | undefined): Dependency | undefined {
  const text = textOf(field);
  if (!field || text === undefined) return undefined;
  const kind = fileKind(text);
  if (!kind) {
    problem(field, "MANIFEST_DEPENDENCY", {
      message: `${text} is neither a requirement file nor a conda file`,
      hint: fileHint(text),
    });
    return undefined;
  }
  const path = packagePath(field, text);
  return path === undefined ? undefined : { kind, path, at: placeOf(field) };
}

function fileKind(text: string): "pip_req_file" | "conda_env_file" | undefined {
  if (/\.(txt|in)$/.test(text)) return "pip_req_file";
  return /(\.ya?ml|^pixi\.lock|\/pixi\.lock)$/.test(text) ? "conda_env_file" : undefined;
}

function fileHint(text: string): string {
  if (text.endsWith(".whl")) return `Write it as \`- wheels: [${text}]\`.`;
  return `Packages are written as \`- pip: [${text}]\`; a file here ends in .txt, .in, .yaml or .yml.`;
}

const READERS: Record<string, (field: Field) => Dependency | undefined> = {
  pip: (field) => packages("pip_pkg", field),
  conda: (field) => packages("conda_pkg", field),
  wheels: (field) => listed("wheel", field, wheel),
  files: readFiles,
  commands: (field) => listed("command", field, text),
};

/** One item of the list may hold several kinds. */
function readKinds(kinds: Fields): Dependency[] {
  return [...kinds].flatMap(([kind, field]) => {
    if (!Object.hasOwn(READERS, kind)) return refuseKind(kind, field);
    return READERS[kind]?.(field) ?? [];
  });
}

const packages = (kind: "pip_pkg" | "conda_pkg", field: Field) => listed(kind, field, requirement);

function listed(
  kind: "pip_pkg" | "conda_pkg" | "wheel" | "command",
  field: Field,
  read: (item: Field) => string | undefined,
): Dependency | undefined {
  const items = itemsOf(field, listHint(field));
  if (!items) return undefined;
  const found = items.flatMap((item): Item[] => {
    const value = read(item);
    return value === undefined ? [] : [{ text: value, at: placeOf(item) }];
  });
  return { kind, items: found, at: placeOf({ at: field.keyAt }) };
}

/** Only a short text shows the reader how the list would look. */
function listHint(field: Field): string | undefined {
  const key = field.path.slice(field.path.lastIndexOf(".") + 1);
  const value = isScalar(field.node) ? String(field.node.value) : "…";
  return `Write a list: \`- ${key}: [${value.length > 60 || value.includes("\n") ? "…" : value}]\`.`;
}

const text = (item: Field) => textOf(item);

/** A line break would smuggle further lines into the requirements. */
function requirement(item: Field): string | undefined {
  const value = textOf(item)?.trim();
  if (value === undefined || value === "") return undefined;
  if (/[\r\n]/.test(value)) {
    const hint = "Write one package per list item.";
    problem(item, "MANIFEST_DEPENDENCY", { message: `${item.path} has more than one line`, hint });
    return undefined;
  }
  warnOfSecret(item);
  return value;
}

function wheel(item: Field): string | undefined {
  const value = textOf(item);
  if (value === undefined) return undefined;
  if (!value.endsWith(".whl")) {
    const hint = "A wheel's name ends in .whl; write packages of an index as `- pip: […]`.";
    problem(item, "MANIFEST_DEPENDENCY", { message: `${value} is not a wheel`, hint });
    return undefined;
  }
  return packagePath(item, value);
}

function readFiles(field: Field): Dependency | undefined {
  const hint = "Write a list: `- files: [{src: scripts/run.sh, dest: bin/run.sh}]`.";
  const items = itemsOf(field, hint);
  if (!items) return undefined;
  return {
    kind: "native_file",
    items: items.flatMap((item) => readFile(item) ?? []),
    at: placeOf({ at: field.keyAt }),
  };
}

function readFile(item: Field): FileItem | undefined {
  const before = item.source.problems.length;
  const keys = fieldsOf(item);
  // A wrong type was noted by then; a second complaint about missing keys would only confuse.
  if (item.source.problems.length > before) return undefined;
  const src = filePath(item, keys, "src");
  const dest = filePath(item, keys, "dest");
  if (src === undefined || dest === undefined) return undefined;
  const extra = [...keys].filter(([key]) => key !== "src" && key !== "dest");
  return { src, dest, extra: Object.fromEntries(extra.map(([key, value]) => [key, dataOf(value)])), at: placeOf(item) };
}

function filePath(item: Field, keys: Fields, key: "src" | "dest"): string | undefined {
  const field = keys.get(key);
  if (!field || isAbsent(field)) {
    const hint = "Every item of files needs src (in this folder) and dest (in the environment).";
    problem(item, "MANIFEST_DEPENDENCY", { message: `${item.path} has no ${key}`, hint });
    return undefined;
  }
  const value = textOf(field);
  if (value === undefined) return undefined;
  return key === "dest" ? prefixPath(field, value) : packagePath(field, value);
}

function refuseKind(kind: string, field: Field): [] {
  const guess = closest(kind, Object.keys(READERS));
  const hint = guess ? `Did you mean ${guess}?` : `Use one of ${Object.keys(READERS).join(", ")}.`;
  problem({ ...field, at: field.keyAt }, "MANIFEST_DEPENDENCY", {
    message: `unknown kind of dependency ${kind}`,
    hint,
  });
  return [];
}

function refuseItem(item: Field): [] {
  const hint = "An item is a file (requirements.txt, conda.yaml) or a kind with its list (`- pip: [six]`).";
  problem(item, "MANIFEST_DEPENDENCY", { message: `${item.path} is a list inside the list`, hint });
  return [];
}

const placeOf = (field: Pick<Field, "at">): At => ({ line: field.at.line, column: field.at.column });
