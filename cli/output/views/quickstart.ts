/** What a quickstart says: the files that it wrote, and what to do next. */
import type { ResultOf } from "#core/protocol/methods.ts";

export function quickstartView({ files, dir, uri, name }: ResultOf<"quickstart.uri">): string {
  const next = uri === null ? "look through it, then" : `from ${uri};`;
  return [...files.map((file) => `written ${file}`), `${name}: ${next} build it in ${dir}: swcli runtime build`].join(
    "\n",
  );
}
