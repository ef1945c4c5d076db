/** Views of environments. Tests: test/e2e/env.test.ts, test/e2e/drift.test.ts */
import type { Out } from "#cli/output/out.ts";
import { size, time } from "#cli/output/views/format.ts";
import { facts, table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Row = ResultOf<"env.info">;

const nameOf = (row: Row) => (row.kind === "shared" ? row.name.slice(0, 12) : row.name);
const usersOf = ({ pids }: Row) => (pids === null ? "?" : String(pids.length));

export const envListView = (rows: Row[], out: Out): string =>
  table(
    rows,
    [
      { title: "ENVIRONMENT", cell: nameOf },
      { title: "KIND", cell: (row) => row.kind },
      { title: "RUNTIMES", cell: (row) => row.runtimes.join(", ") },
      { title: "SIZE", cell: (row) => size(row.size), right: true },
      { title: "OWN", cell: (row) => size(row.own_size), right: true },
      { title: "LAST USED", cell: (row) => time(row.last_used) },
      { title: "USERS", cell: usersOf, right: true },
      { title: "CHANGED", cell: (row) => (row.changed.length > 0 ? "yes" : "") },
    ],
    out,
  );

export const envInfoView = (row: Row, out: Out): string =>
  facts(
    [
      ["Environment", row.name],
      ["Kind", row.kind],
      ["Prefix", row.prefix],
      ["Python", `${row.python}${row.python_version ? ` (${row.python_version})` : ""}`],
      ["Runtimes", row.runtimes.join(", ") || "-"],
      ["Size", `${size(row.size)}, ${size(row.own_size)} of it shared with nothing`],
      ["Made", time(row.created_at)],
      ["Last used", time(row.last_used)],
      ["Used by", row.pids === null ? "?" : row.pids.join(", ") || "-"],
      ["Changed", row.changed.join(", ") || "-"],
    ],
    out,
  );

export function verifyView({ environments }: ResultOf<"env.verify">): string {
  return environments
    .flatMap(({ prefix, files, bytes, differences }) => [
      `${prefix}: ${files} files, ${size(bytes)}, ${differences.length === 0 ? "as it was made" : `${differences.length} not as made`}`,
      ...differences.map(
        ({ path, what, distribution, fixed }) =>
          `  ${what} ${path}${distribution ? ` (${distribution})` : ""}${fixed ? ", repaired" : ""}`,
      ),
    ])
    .join("\n");
}

export const pruneView = ({ dry_run: dry, environments, kept, freed_bytes }: ResultOf<"env.prune">): string =>
  [
    ...environments.map((env) => `environment ${env.prefix} (${env.why}, ${size(env.bytes)})`),
    ...kept.map((env) => `kept ${env.prefix}: ${env.why}`),
    `${dry ? "would free" : "freed"} ${size(freed_bytes)}`,
  ].join("\n");
