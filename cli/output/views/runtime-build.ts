/** What a build says: the version, its tags, and what to do with it. */
import type { ResultOf } from "#core/protocol/methods.ts";

type Built = ResultOf<"runtime.build">;

export function buildView(result: Built): string {
  const lock = result.lock ? "" : "\nnot locked: the packages are resolved when it is first activated";
  return imageView(result) + lock;
}

/** An image is taken as it is: there is nothing to lock. */
export function imageView(result: Built): string {
  const what = result.unchanged ? "unchanged" : "built";
  const tags = result.tags.length > 0 ? ` (${result.tags.join(", ")})` : "";
  return `${what} ${result.name}/version/${result.version.slice(0, 12)}${tags}\n${result.uri}`;
}
