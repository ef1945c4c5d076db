/** What a check of the store says: a line for what was looked at, a few for each problem. */
import { size } from "#cli/output/views/format.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import { amount } from "#core/report.ts";

type Report = ResultOf<"store.check">;

export function storeCheckView({ checked, problems, ok, root }: Report): string {
  const contents = `${checked.contents} contents (${size(checked.bytes)})`;
  const layers = checked.layers === 0 ? "" : `, ${amount(checked.layers, "cached layer")}`;
  const counts = `${checked.names} runtimes, ${checked.versions} versions, ${contents}${layers}`;
  const head = `checked ${counts} in ${root}`;
  if (problems.length === 0) return `${head}\nnothing is wrong`;
  return [head, ...problems.map(problemText), ok ? "all of it is put right" : "not all of it could be put right"].join(
    "\n",
  );
}

function problemText(problem: Report["problems"][number]): string {
  const lines = [
    `${problem.kind} ${problem.what}: ${problem.problem}`,
    ...problem.used_by.map((uri) => `  used by ${uri}`),
    ...(problem.quarantined ? [`  set aside as ${problem.quarantined}`] : []),
    ...(problem.done === "restored" || problem.done === "dropped" ? [`  ${problem.done}`] : []),
    ...(problem.hint ? [`  ${problem.hint}`] : []),
  ];
  return lines.join("\n");
}
