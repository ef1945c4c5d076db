/**
 * Paths inside a runtime.yaml: relative to its folder (or to the environment, for dest), never out of it.
 * Owns: that rule on paper; links are followed and checked where files are collected.
 * Tests: test/unit/core/manifest/read-dependencies.test.ts
 */
import { posix } from "node:path";
import { type Field, problem } from "#core/manifest/yaml-field.ts";

/** The path in normal form, or undefined with a problem noted. */
export function packagePath(field: Field, text: string): string | undefined {
  const wrong = complaint(text);
  if (!wrong) return tidy(text);
  problem(field, "MANIFEST_PATH", { message: `${text} ${wrong.message}`, hint: wrong.hint });
  return undefined;
}

function complaint(text: string): { message: string; hint: string } | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return { message: "is a URL, not a path", hint: "Write URLs as `- pip: [name @ URL]`, or download the file." };
  }
  const hint = "Use a path below the folder of the yaml file.";
  if (/^(\/|~(\/|$))/.test(text)) return { message: "is not a relative path", hint };
  if (text.includes("\0")) return { message: "has a zero byte", hint };
  const path = tidy(text);
  if (path === ".." || path.startsWith("../")) return { message: "leads out of the folder", hint };
  return undefined;
}

/** `./a//b/` is `a/b`: the same file must give the same manifest. A backslash is an ordinary character here. */
const tidy = (text: string) => posix.normalize(text).replace(/(?<=.)\/$/, "");
