/** Jobs as a table, and one job in full. */
import type { Out } from "#cli/output/out.ts";
import { time } from "#cli/output/views/format.ts";
import { facts, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"job.list">[number];

export const jobsView = (rows: readonly Row[], out: Out): string =>
  table(
    rows,
    [
      { title: "JOB", cell: (row) => row.id },
      { title: "WHAT", cell: (row) => row.title },
      { title: "STATE", cell: stateText },
      { title: "STARTED", cell: (row) => time(row.created_at) },
      { title: "TOOK", cell: took, right: true },
    ],
    { paint: out.paint },
  );

/** Words for people: a restarted job says so. */
const stateText = ({ state, interruptions }: Row) =>
  interruptions > 0 && state !== "interrupted" ? `${state} (restarted ${interruptions})` : state;

function took({ started_at, ended_at }: Row): string {
  if (!started_at || !ended_at) return "";
  return `${((Date.parse(ended_at) - Date.parse(started_at)) / 1000).toFixed(1)} s`;
}

export function jobView(job: ResultOf<"job.info">, out: Out): string {
  const rows: [string, string][] = [
    ["Job", job.id],
    ["What", job.title],
    ["State", stateText(job)],
    ["Created", time(job.created_at)],
    ...(job.ended_at ? [["Ended", time(job.ended_at)] as [string, string]] : []),
    ["Log", job.log],
    ...(job.error ? [["Error", `${job.error.message} (${job.error.code})`] as [string, string]] : []),
    ...(job.error?.hint ? [["", job.error.hint] as [string, string]] : []),
  ];
  return facts(rows, { paint: out.paint });
}

export const jobLine = (row: Row): string => `job ${row.id} ${stateText(row)}`;
