/**
 * Rows and columns: with a coloured head on a terminal, plain aligned text in a pipe; the same columns in both.
 * Cells are other people's text and are escaped here. Tests: test/unit/cli/output/views.test.ts
 */
import { safe } from "#cli/output/escape.ts";
import type { Paint } from "#cli/output/terminal.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers and sizes read better at the right. */
  readonly right?: boolean;
}

/** The table's text; only the head for no rows, so that a script always finds the columns. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], look: TableLook): string {
  const head = columns.map((column) => column.title);
  // An empty cell would shift the columns for whoever splits at blanks.
  const body = rows.map((row) => columns.map((column) => safe(column.cell(row)) || "-"));
  const widths = columns.map((_, i) => Math.max(...[head, ...body].map((cells) => Bun.stringWidth(cells[i]!))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => pad(cell, widths[i]!, columns[i]!.right ?? false))
      .join("  ")
      .trimEnd();
  return [look.paint.bold(line(head)), ...body.map(line)].join("\n");
}

export interface TableLook {
  readonly paint: Paint;
}

/** `Title  value` lines of one thing. */
export function facts(rows: readonly (readonly [name: string, value: string])[], { paint }: TableLook): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${paint.bold(name.padEnd(width))}  ${safe(value)}`.trimEnd()).join("\n");
}

/** Counted in cells: a CJK name takes two for each character. */
function pad(cell: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - Bun.stringWidth(cell)));
  return right ? blanks + cell : cell + blanks;
}
