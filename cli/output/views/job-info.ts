/** One job in full, with what it made. Tests: test/unit/cli/output/jobs-view.test.ts */
import type { Out } from "#cli/output/out.ts";
import { time } from "#cli/output/views/format.ts";
import { imageResultView } from "#cli/output/views/image-result.ts";
import { stateText } from "#cli/output/views/jobs.ts";
import { imageView } from "#cli/output/views/runtime-build.ts";
import { facts } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import { parseResult } from "#core/protocol/parse-result.ts";

export function jobView(job: ResultOf<"job.info">, out: Out): string {
  const rows: [string, string][] = [
    ["Job", job.id],
    ["What", job.title],
    ["State", stateText(job)],
    ["Created", time(job.created_at)],
    ...(job.started_at ? [["Started", time(job.started_at)] as [string, string]] : []),
    ...(job.ended_at ? [["Ended", time(job.ended_at)] as [string, string]] : []),
    ["Log", job.log],
    ...(job.error ? [["Error", `${job.error.message} (${job.error.code})`] as [string, string]] : []),
    ...(job.error?.hint ? [["", job.error.hint] as [string, string]] : []),
  ];
  return [facts(rows, { paint: out.paint }), ...resultText(job, out)].join("\n");
}

/** What was made, as its own command says it; nothing of a kind or shape that this build does not know. */
function resultText({ kind, result }: ResultOf<"job.info">, out: Out): string[] {
  const image = kind === "runtime.dockerize" ? parseResult(kind, result) : undefined;
  const built = kind === "runtime.build" ? parseResult(kind, result) : undefined;
  if (image) return [imageResultView(image, out)];
  return built ? [imageView(built)] : [];
}
