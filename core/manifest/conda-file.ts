/**
 * An `environment.yml` (or conda.yaml): channels, packages, nested pip, variables; `prefix` is the builder's and ignored.
 * Owns its keys. Tests: test/unit/core/manifest/conda-file.test.ts
 */
import { isMap } from "yaml";
import type { At, Item } from "#core/manifest/spec.ts";
import { placed } from "#core/manifest/spec-error.ts";
import {
  dataOf,
  type Field,
  fieldsOf,
  isAbsent,
  itemsOf,
  problem,
  rootField,
  textOf,
  warnAt,
  warnUnknown,
} from "#core/manifest/yaml-field.ts";
import { openSource, throwProblems } from "#core/manifest/yaml-source.ts";
import { isVariableName } from "#core/platform/env.ts";

export interface CondaFile {
  channels: string[];
  packages: Item[];
  /** Lines of a requirement file. */
  pip: Item[];
  variables: Record<string, string>;
  warnings: string[];
}

const KEYS = ["name", "channels", "dependencies", "prefix", "variables", "platforms", "category"];

/** @throws SwError MANIFEST_* with the place in the file */
export function parseCondaFile(text: string, label: string): CondaFile {
  const source = openSource(text, label);
  const keys = fieldsOf(rootField(source));
  warnUnknown(keys, KEYS);
  const out: CondaFile = { channels: [], packages: [], pip: [], variables: {}, warnings: [] };
  out.channels = (itemsOf(keys.get("channels")) ?? []).flatMap((item) => textOf(item) ?? []);
  for (const item of itemsOf(keys.get("dependencies"), "Begin each package with `- `.") ?? []) readItem(item, out);
  out.variables = Object.fromEntries(
    [...fieldsOf(keys.get("variables"))].flatMap(([name, field]) => readVariable(name, field)),
  );
  throwProblems(source);
  return { ...out, warnings: source.warnings.map((w) => placed(source, w.at, w.message)) };
}

function readItem(item: Field, out: CondaFile): void {
  if (!isMap(item.node)) {
    const text = textOf(item)?.trim();
    if (text) out.packages.push({ text, at: placeOf(item) });
    return;
  }
  for (const [kind, field] of fieldsOf(item)) {
    if (kind !== "pip") {
      const hint = "Packages are written as text; only pip has a list of its own.";
      problem({ ...field, at: field.keyAt }, "MANIFEST_DEPENDENCY", {
        message: `unknown kind of dependency ${kind}`,
        hint,
      });
    } else if (!isAbsent(field)) {
      for (const line of itemsOf(field, "Write a list of requirements.") ?? []) {
        const text = textOf(line)?.trim();
        if (text) out.pip.push({ text, at: placeOf(line) });
      }
    }
  }
}

/** Switches as conda, which is Python, writes them. conda too leaves PATH alone. */
function readVariable(name: string, field: Field): [string, string][] {
  if (name === "PATH" || !isVariableName(name)) {
    warnAt(field, name === "PATH" ? "PATH is left out: activation makes it" : `${field.path} is no name of a variable`);
    return [];
  }
  const text = textOf(field) ?? "";
  const value = dataOf(field);
  return [[name, typeof value === "boolean" ? (value ? "True" : "False") : text]];
}

const placeOf = (field: Pick<Field, "at">): At => ({ line: field.at.line, column: field.at.column });
