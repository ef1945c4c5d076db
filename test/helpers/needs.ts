/**
 * Tests that need a piece of the system: they are skipped with the reason in their name, so that the report of
 * scripts/test says what was not shown (with CI=true that is a failure).
 */
import { test } from "bun:test";
import { existsSync } from "node:fs";

type Test = (name: string, run: () => void | Promise<void>, timeoutMs?: number) => void;

/** `testWith(needsProgram("zsh"))("name", …)`: a test where it is there, a skipped one where not. */
export function testWith(...needs: readonly (string | undefined)[]): Test {
  const missing = needs.filter((need) => need !== undefined);
  if (missing.length === 0) return test;
  return (name, run) => test.skip(`${name} [needs ${missing.join(", ")}]`, run);
}

/** The name of a missing program, or nothing. */
export const needsProgram = (name: string): string | undefined => (Bun.which(name) ? undefined : name);

/** Root is missing, or nothing. */
export const needsRoot = (): string | undefined => (process.getuid?.() === 0 ? undefined : "root");

/** Linux is missing, or nothing. */
export const needsLinux = (): string | undefined => (process.platform === "linux" ? undefined : "Linux");

/** The path of a missing file, or nothing. */
export const needsFile = (path: string): string | undefined => (existsSync(path) ? undefined : path);
