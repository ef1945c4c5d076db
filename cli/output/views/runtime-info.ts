/** What `runtime info` shows: facts, and on request the texts of the package. */
import { safeLines } from "#cli/output/escape.ts";
import type { Out } from "#cli/output/out.ts";
import { size, time } from "#cli/output/views/format.ts";
import type { InfoFilter } from "#cli/output/views/info-document.ts";
import { facts } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import { amount } from "#core/report.ts";

type Info = ResultOf<"runtime.info">;

/** One part alone is printed as it is, for `> runtime.yaml`. */
export function infoView(info: Info, filter: InfoFilter, out: Out): string {
  const parts = {
    basic: () => basicFacts(info, out),
    runtime_yaml: () => safeLines(info.runtime_yaml),
    manifest: () => safeLines(info.manifest_text),
    lock: () => locks(info),
  };
  if (filter !== "all") return parts[filter]();
  const section = (title: string, text: string) => `${out.paint.bold(title)}\n${text.trimEnd()}`;
  return [
    parts.basic(),
    section("# runtime.yaml", parts.runtime_yaml()),
    section("# _manifest.yaml", parts.manifest()),
    section("# Locks", parts.lock()),
  ].join("\n\n");
}

function locks({ lock }: Info): string {
  const files = Object.entries(lock);
  const [only] = files;
  if (only && files.length === 1) return safeLines(only[1]);
  return files.map(([name, text]) => `#lock file: ${name}\n${safeLines(text)}`).join("\n");
}

function basicFacts(info: Info, out: Out): string {
  const rows: [string, string][] = [
    ["Name", info.name],
    ["Project", info.project],
    ["Version", info.version],
    ["Tags", info.tags.join(", ")],
    ["URI", info.uri],
    ["Mode", info.mode],
    ["Python", info.python],
    ["Platforms", info.platforms.join(", ")],
    ["Size", size(info.size)],
    ["Created", time(info.created_at)],
    ["Environment", info.env.prefix ?? "not made yet"],
    ...pathsOf(info),
  ];
  return facts(rows, { paint: out.paint });
}

function pathsOf({ env }: Info): [string, string][] {
  const rows: [string, string | null][] = [
    ["Interpreter", env.python],
    ["Stable link", env.link],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

const carriedRow = ({ carried, platforms }: ResultOf<"runtime.bundle-info">): [string, string][] =>
  platforms.length > 0 ? [["Carries", `${amount(carried, "file")} of its lock (${platforms.join(", ")})`]] : [];

export function bundleView(bundle: ResultOf<"runtime.bundle-info">, out: Out): string {
  const head = facts([["File", bundle.file], ["Version", bundle.version], ...carriedRow(bundle)], { paint: out.paint });
  const members = bundle.entries.map(
    (e) => `${e.mode.toString(8).padStart(5)} ${String(e.size).padStart(10)} ${e.path}${e.type === "dir" ? "/" : ""}`,
  );
  return [head, ...members].join("\n");
}
