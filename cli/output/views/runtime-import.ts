/** What an import says: the version, its tags, its URI. */
import type { ResultOf } from "#core/protocol/methods.ts";
import { amount } from "#core/report.ts";

export function importView(result: ResultOf<"runtime.import">): string {
  const tags = result.tags.length > 0 ? ` (${result.tags.join(", ")})` : "";
  const what = result.unchanged ? "unchanged" : "imported";
  const carried = result.carried > 0 ? `, with ${amount(result.carried, "file")} of its lock` : "";
  return `${what} ${result.name}/version/${result.version.slice(0, 12)}${tags}${carried}\n${result.uri}`;
}
