/**
 * Paths inside a runtime.yaml: relative to its folder (or to the environment, for dest), never out of it.
 * Owns: that rule on paper; links are followed and checked where files are collected.
 * Tests: test/unit/core/manifest/read-dependencies.test.ts
 */
import { posix } from "node:path";
import { type Field, problem } from "#core/manifest/yaml-field.ts";

const BELOW_YAML = { folder: "the folder", hint: "Use a path below the folder of the yaml file." };
const IN_PREFIX = { folder: "the environment", hint: "Use a path inside the environment, such as bin/run.sh." };

/** A path below the yaml's folder in normal form, or undefined with a problem noted. */
export const packagePath = (field: Field, text: string): string | undefined => checked(field, text, BELOW_YAML);

/** The same for where a file goes to in the environment. */
export const prefixPath = (field: Field, text: string): string | undefined => checked(field, text, IN_PREFIX);

function checked(field: Field, text: string, inside: typeof BELOW_YAML): string | undefined {
  const wrong = complaint(text, inside);
  if (!wrong) return tidy(text);
  problem(field, "MANIFEST_PATH", { message: `${text} ${wrong.message}`, hint: wrong.hint });
  return undefined;
}

function complaint(text: string, { folder, hint }: typeof BELOW_YAML): { message: string; hint: string } | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return { message: "is a URL, not a path", hint: "Write URLs as `- pip: [name @ URL]`, or download the file." };
  }
  if (/^(\/|~(\/|$))/.test(text)) return { message: "is not a relative path", hint };
  if (text.includes("\0")) return { message: "has a zero byte", hint };
  const path = tidy(text);
  if (path === ".." || path.startsWith("../")) return { message: `leads out of ${folder}`, hint };
  return undefined;
}

/** `./a//b/` is `a/b`: the same file must give the same manifest. A backslash is an ordinary character here. */
const tidy = (text: string) => posix.normalize(text).replace(/(?<=.)\/$/, "");
