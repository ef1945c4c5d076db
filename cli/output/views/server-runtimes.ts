/** What servers say of runtimes. */
import { safeLines } from "#cli/output/escape.ts";
import type { Out } from "#cli/output/out.ts";
import { shortVersion, time } from "#cli/output/views/format.ts";
import { type Column, facts, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"server.list">[number];
type Info = ResultOf<"server.info">;
type Change = ResultOf<"server.remove">;

export const serverRowsView =
  ({ fullname, names }: { fullname: boolean; names: boolean }) =>
  (rows: readonly Row[], out: Out): string => {
    const version = ({ version: id }: Row) => (id === null || fullname ? (id ?? "") : shortVersion(id));
    const columns: Column<Row>[] = [
      { title: "VERSION", cell: version },
      { title: "TAGS", cell: (row) => row.tags.join(",") },
      { title: "CREATED", cell: (row) => time(row.created_at ?? "") },
    ];
    const name: Column<Row> = { title: "NAME", cell: (row) => row.name };
    const owner: Column<Row> = { title: "OWNER", cell: (row) => (row.removed ? "removed" : row.owner) };
    return table(rows, names ? [name, ...columns, owner] : columns, { paint: out.paint });
  };

export function serverInfoView(info: Info, out: Out): string {
  const rows: [string, string][] = [
    ["Name", info.name],
    ["Project", info.project],
    ["Version", info.version],
    ["Tags", info.tags.join(", ")],
    ["URI", info.uri],
    ["Mode", info.mode],
    ["Python", info.python],
    ["Created", time(info.created_at ?? "")],
  ];
  return facts(rows, { paint: out.paint });
}

export const serverManifestView = (info: Info): string => safeLines(info.manifest_text);

export function serverRemovedView({ uri, versions, permanent }: Change): string {
  const back = permanent ? "for good" : `; recover with: swcli runtime recover ${uri}`;
  return [...versions.map(describe), `removed ${uri} ${back}`].join("\n").replace(" ;", ";");
}

export const serverRecoveredView = ({ uri, versions }: Change): string =>
  [...versions.map(describe), `recovered ${uri}`].join("\n");

const describe = ({ version, tags }: Change["versions"][number]): string =>
  `  ${shortVersion(version)}${tags.length > 0 ? ` (${tags.join(", ")})` : ""}`;
