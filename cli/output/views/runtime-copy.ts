/** What `runtime copy` says at its end. */
import { safe } from "#cli/output/escape.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

export function copyView(copied: ResultOf<"runtime.copy">): string {
  const done = copied.skipped ? "Already there" : "Copied to";
  const tags = copied.tags.filter(({ state }) => state !== "kept").map(({ tag }) => tag);
  return [`${done} ${safe(copied.destination)}`, ...(tags.length > 0 ? [`Tags ${safe(tags.join(", "))}`] : [])].join(
    "\n",
  );
}
