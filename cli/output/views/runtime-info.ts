/** What `runtime info` shows: facts, and on request the texts of the package. */
import type { Out } from "#cli/output/out.ts";
import { size, time } from "#cli/output/views/format.ts";
import { facts } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Info = ResultOf<"runtime.info">;

export function infoView(info: Info, out: Out): string {
  const rows: [string, string][] = [
    ["Name", info.name],
    ["Version", info.version],
    ["Tags", info.tags.join(", ")],
    ["URI", info.uri],
    ["Mode", info.mode],
    ["Python", info.python],
    ["Platforms", info.platforms.join(", ")],
    ["Size", size(info.size)],
    ["Created", time(info.created_at)],
    ["Environment", info.env.prefix ?? "not made yet"],
  ];
  return facts(rows, { paint: out.paint });
}

export function bundleView(bundle: ResultOf<"runtime.bundle-info">, out: Out): string {
  const head = facts(
    [
      ["File", bundle.file],
      ["Version", bundle.version],
    ],
    { paint: out.paint },
  );
  const members = bundle.entries.map(
    (e) => `${e.mode.toString(8).padStart(5)} ${String(e.size).padStart(10)} ${e.path}${e.type === "dir" ? "/" : ""}`,
  );
  return [head, ...members].join("\n");
}
