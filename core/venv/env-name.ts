/**
 * A runtime's name from the name or folder of its environment. Pure. Tests: test/unit/core/venv/env-name.test.ts
 */
import { basename, dirname } from "pathe";
import { isName } from "#core/uri/names.ts";

export interface EnvName {
  /** Fit for a runtime. */
  name: string;
  /** What it was made from; the same where nothing had to change. */
  own: string;
}

/**
 * From the last part of a path, or from a name; `.venv` and its like are called as the project that they lie in. What can't
 * be a name is made one.
 */
export function envName(prefix: string): EnvName {
  const last = basename(prefix);
  const own = last.startsWith(".") ? basename(dirname(prefix)) : last;
  return { name: fitting(own), own };
}

/** Other characters become dashes; a digit can't be the first. */
function fitting(own: string): string {
  if (isName(own)) return own;
  const tidy = own
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[-.]+/, "")
    .slice(0, 76);
  if (isName(tidy)) return tidy;
  return tidy === "" ? "default" : `env-${tidy}`;
}
