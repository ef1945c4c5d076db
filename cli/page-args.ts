/** `--page` and `--size` of lists that servers give in pages. Tests: test/e2e/server-runtimes.test.ts */
import type { ArgDefs } from "#cli/args.ts";
import { SwError } from "#core/errors.ts";

export const pageArgs = {
  page: { type: "string", valueName: "N", description: "Page to begin with; servers only (default: 1)" },
  size: { type: "string", valueName: "N", description: "Rows on a page; servers only (default: 20)" },
} as const satisfies ArgDefs;

/** @throws SwError USAGE */
export function pageNumber(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new SwError("USAGE", `${JSON.stringify(text)} is not a number of 1 or more`);
}
