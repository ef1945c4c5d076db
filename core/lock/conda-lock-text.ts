/**
 * `conda-sw-lock.yaml`: the lock as `conda env update` reads it, which is what the Python client does with it.
 * Holds no path of the machine that made it. Pure. Tests: test/unit/core/lock/conda-lock-text.test.ts
 */
import { stringify } from "yaml";

export interface CondaLockText {
  name: string;
  channels: readonly string[];
  /** `name=version=build`, sorted. */
  packages: readonly string[];
  /** `name==version` and URLs. */
  pip: readonly string[];
}

export function renderCondaLock({ name, channels, packages, pip }: CondaLockText): string {
  const dependencies = [...packages, ...(pip.length > 0 ? [{ pip }] : [])];
  return stringify(
    { channels, dependencies, name },
    { version: "1.1", lineWidth: 0, singleQuote: true, indentSeq: false },
  );
}

/** The requirements of a lock file without hashes: a nested list can't carry them. */
export const pipLines = (requirementsTxt: string): string[] =>
  requirementsTxt
    .replace(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map((line) => line.replace(/\s--hash=\S+/g, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
