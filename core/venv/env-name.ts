/**
 * A runtime's name from the name or folder of its environment. Pure. Tests: test/unit/core/venv/env-name.test.ts
 */
import { basename, dirname } from "pathe";
import { isName } from "#core/uri/names.ts";

/**
 * The last part of the path. One that can't be a name is made one: `.venv` and its like are called as the project that
 * they lie in, other characters become dashes.
 */
export function envName(prefix: string): string {
  const last = basename(prefix);
  if (isName(last)) return last;
  const own = last.startsWith(".") ? basename(dirname(prefix)) : last;
  const tidy = own
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[-.]+/, "")
    .slice(0, 76);
  if (isName(tidy)) return tidy;
  return tidy === "" ? "default" : `env-${tidy}`;
}
