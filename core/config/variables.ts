/** `${VARIABLES}` in settings that travel with a runtime, as pip has them in requirement files. Tests: test/unit/core/config/variables.test.ts */
import type { Env } from "#core/platform/env.ts";

const VARIABLE = /\$\{([A-Z0-9_]+)\}/g;

/** One that is not set, or to nothing, stays as it is written. */
export const fillVariables = (env: Env, text: string): string =>
  text.replace(VARIABLE, (written, name: string) => env[name] || written);

export const withoutVariables = (text: string): string => text.replace(VARIABLE, "");

/** Of the variables that are still to be filled, the names. */
export const variablesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(VARIABLE)].map(([, name = ""]) => name)),
];

/** What is said of those that are needed; "" when there is none. */
export const unsetText = (names: readonly string[]): string =>
  names.length === 0 ? "" : `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} not set`;
