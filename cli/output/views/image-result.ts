/** A finished image, or what a dry run would do, as text. */
import type { Out } from "#cli/output/out.ts";
import { size } from "#cli/output/views/format.ts";
import { facts } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Result = ResultOf<"runtime.dockerize">;

export function imageResultView(result: Result, out: Out): string {
  if (result.dry_run) return planText(result);
  const rows: [string, string][] = [
    ...result.tags.map((tag): [string, string] => [result.pushed ? "Pushed" : "Image", tag]),
    ...(result.to ? [["Written", result.to] as [string, string]] : []),
    ...(result.digest ? [["Digest", result.digest] as [string, string]] : []),
    ...result.platforms.map(({ platform }): [string, string] => ["Platform", platform]),
    ["Base", result.base.digest ? `${result.base.name} (${result.base.digest.slice(0, 19)})` : result.base.name],
    ["Engine", `${result.engine}: ${result.reason}`],
    ...(result.sent_bytes === null ? [] : [["Sent", size(result.sent_bytes)] as [string, string]]),
  ];
  return facts(rows, { paint: out.paint });
}

const planText = ({ dockerfile, commands, engine, reason }: Result) =>
  [...(dockerfile ? [dockerfile] : []), `# engine ${engine}: ${reason}`, ...commands].join("\n");
