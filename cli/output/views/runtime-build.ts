/** What a build says: the version, its tags, and what to do with it. */
import type { ResultOf } from "#core/protocol/methods.ts";

export function buildView(result: ResultOf<"runtime.build">): string {
  const what = result.unchanged ? "unchanged" : "built";
  const tags = result.tags.length > 0 ? ` (${result.tags.join(", ")})` : "";
  const lock = result.lock ? "" : "\nnot locked: the packages are resolved when it is first activated";
  return `${what} ${result.name}/version/${result.version.slice(0, 12)}${tags}\n${result.uri}${lock}`;
}
