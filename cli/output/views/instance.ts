/** Instances as a table and as facts; tokens are never part of them. */
import type { Out } from "#cli/output/out.ts";
import { type Column, facts, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"instance.list">[number];

const COLUMNS: Column<Row>[] = [
  { title: "NAME", cell: (row) => row.name },
  { title: "IN USE", cell: (row) => (row.in_use ? "yes" : "") },
  { title: "URI", cell: (row) => row.uri },
  { title: "USER", cell: (row) => row.user_name },
  { title: "ROLE", cell: (row) => row.user_role },
  { title: "PROJECT", cell: (row) => row.current_project },
  { title: "UPDATED", cell: (row) => row.updated_at },
];

export const instancesView = (rows: readonly Row[], out: Out): string => table(rows, COLUMNS, { paint: out.paint });

export function instanceView(
  info: ResultOf<"instance.info">,
  server: ResultOf<"server.state"> | undefined,
  out: Out,
): string {
  const rows: [string, string][] = [
    ["Name", info.instance],
    ["URI", info.uri],
    ["In use", info.in_use ? "yes" : "no"],
    ["User", info.user_name],
    ["Project", info.current_project],
    ...(info.root_dir === null ? [] : ([["Root", info.root_dir]] as [string, string][])),
    ...(server ? serverFacts(server) : []),
  ];
  return facts(rows, { paint: out.paint });
}

function serverFacts({ version, user, role, problem }: ResultOf<"server.state">): [string, string][] {
  if (problem !== null) return [["Problem", problem]];
  return [
    ["Version", version ?? ""],
    ["Logged in as", role ? `${user} (${role})` : (user ?? "")],
  ];
}
