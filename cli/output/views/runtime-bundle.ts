/** What a bundle says: the file, and what is in it. */
import { safe } from "#cli/output/escape.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import { amount } from "#core/report.ts";

export function bundleView(made: ResultOf<"runtime.bundle">): string {
  const what = `${made.name}/version/${made.version.slice(0, 12)} with ${amount(made.carried, "file")} of its lock`;
  return `${safe(made.file)}\n${what} (${made.platforms.join(", ")})`;
}
