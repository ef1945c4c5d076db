/** Projects as a table and as facts. */
import type { Out } from "#cli/output/out.ts";
import { time } from "#cli/output/views/format.ts";
import { type Column, facts, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"project.list">[number];

const COLUMNS: Column<Row>[] = [
  { title: "NAME", cell: (row) => row.name },
  { title: "IN USE", cell: (row) => (row.in_use ? "yes" : row.removed ? "removed" : "") },
  { title: "OWNER", cell: (row) => row.owner },
  { title: "CREATED", cell: (row) => time(row.created_at ?? "") },
  { title: "LOCATION", cell: (row) => row.location },
];

export const projectsView = (rows: readonly Row[], out: Out): string => table(rows, COLUMNS, { paint: out.paint });

/** `created myproject`. */
export const projectView =
  (done: string) =>
  (row: { name: string }): string =>
    `${done} ${row.name}`;

export function projectInfoView(info: ResultOf<"project.info">, out: Out): string {
  const rows: [string, string][] = [
    ["Name", info.name],
    ["In use", info.in_use ? "yes" : "no"],
    ["Owner", info.owner],
    ["Created", time(info.created_at ?? "")],
    ["Location", info.location],
    ["Runtimes", `${info.runtimes} with ${info.versions} versions`],
  ];
  return facts(rows, { paint: out.paint });
}

type ServerRow = ResultOf<"server.projects">[number];

const SERVER_COLUMNS: Column<ServerRow>[] = [
  { title: "NAME", cell: (row) => row.name },
  { title: "IN USE", cell: (row) => (row.in_use ? "yes" : "") },
  { title: "ID", cell: (row) => row.id },
  { title: "OWNER", cell: (row) => row.owner },
  { title: "PRIVACY", cell: (row) => row.privacy },
  { title: "RUNTIMES", cell: (row) => String(row.runtimes ?? ""), right: true },
  { title: "CREATED", cell: (row) => time(row.created_at ?? "") },
];

export const serverProjectsView = (rows: readonly ServerRow[], out: Out): string =>
  table(rows, SERVER_COLUMNS, { paint: out.paint });

export function serverProjectView(info: ServerRow, out: Out): string {
  const rows: [string, string][] = [
    ["Name", info.name],
    ["Id", info.id],
    ["URI", info.uri],
    ["In use", info.in_use ? "yes" : "no"],
    ["Owner", info.owner],
    ["Privacy", info.privacy],
    ["Description", info.description],
    ["Created", time(info.created_at ?? "")],
    ["Runtimes", String(info.runtimes ?? "")],
  ];
  return facts(rows, { paint: out.paint });
}
