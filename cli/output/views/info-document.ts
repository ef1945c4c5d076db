/**
 * The JSON of `runtime info`: `basic` beside what was asked for; of one part alone `{"data": …}`, as the Python client
 * has it. Pure. Tests: test/e2e/info.test.ts
 */
import type { ResultOf } from "#core/protocol/methods.ts";

export type InfoFilter = "basic" | "runtime_yaml" | "manifest" | "lock" | "all";
type Info = ResultOf<"runtime.info">;

export function infoDocument(info: Info, filter: InfoFilter): unknown {
  const { manifest, manifest_text: _, runtime_yaml: yaml, lock, ...basic } = info;
  if (filter === "runtime_yaml") return { data: yaml };
  if (filter === "manifest") return { data: manifest };
  if (filter === "lock") return { data: lock };
  return filter === "all" ? { basic, manifest, yaml, lock } : { basic };
}
