/** Tables of versions, for list and history. */
import type { Out } from "#cli/output/out.ts";
import { shortVersion, size, time } from "#cli/output/views/format.ts";
import { type Column, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"runtime.list">[number];

export const versionsView =
  (options: { fullname: boolean; names: boolean }) =>
  (rows: readonly Row[], { paint }: Pick<Out, "paint">): string =>
    table(rows, columnsFor(options), { paint });

function columnsFor({ fullname, names }: { fullname: boolean; names: boolean }): Column<Row>[] {
  const name: Column<Row> = { title: "NAME", cell: (row) => row.name };
  return [
    ...(names ? [name] : []),
    { title: "VERSION", cell: (row) => (fullname ? row.version : shortVersion(row.version)) },
    { title: "TAGS", cell: (row) => row.tags.join(",") },
    { title: "SIZE", cell: (row) => size(row.size), right: true },
    { title: "ENV", cell: (row) => (row.removed ? "removed" : row.env) },
    { title: "CREATED", cell: (row) => time(row.created_at) },
  ];
}
