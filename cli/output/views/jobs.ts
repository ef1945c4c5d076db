/** Jobs as a table, and one in a line. Tests: test/unit/cli/output/jobs-view.test.ts */
import type { Out } from "#cli/output/out.ts";
import { time } from "#cli/output/views/format.ts";
import { table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"job.list">[number];

export const jobsView = (rows: readonly Row[], out: Out): string =>
  table(
    rows,
    [
      { title: "JOB", cell: (row) => row.id },
      { title: "WHAT", cell: (row) => row.title },
      { title: "STATE", cell: stateText },
      { title: "STARTED", cell: (row) => time(row.started_at ?? "") },
      { title: "TOOK", cell: took, right: true },
    ],
    { paint: out.paint },
  );

/** Words for people: a restarted job says so. */
export const stateText = ({ state, interruptions }: Row) =>
  interruptions > 0 && state !== "interrupted" ? `${state} (restarted ${interruptions})` : state;

function took({ started_at, ended_at }: Row): string {
  if (!started_at || !ended_at) return "";
  return `${((Date.parse(ended_at) - Date.parse(started_at)) / 1000).toFixed(1)} s`;
}

export const jobLine = (row: Row): string => `job ${row.id} ${stateText(row)}`;
