/** One table of goals and figures, as markdown. */

export interface Row {
  readonly section: string;
  readonly what: string;
  /** The figure as shown: "1.21 ×", "4.9 MB". */
  readonly figure: string;
  readonly goal: string;
  readonly ok: boolean;
  /** What the figure was made of. */
  readonly note?: string;
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ section, what, figure, goal, ok, note }) =>
    ["", section, what, figure, goal, ok ? "ok" : "**MISS**", note ?? "", ""].join(" | ").trim(),
  );
  return ["| section | what | figure | goal | | made of |", "|---|---|---|---|---|---|", ...lines].join("\n");
}

/** A row of a ratio that may be at most `goal`. */
export function ratioRow(row: Omit<Row, "figure" | "goal" | "ok">, ratio: number, goal: number): Row {
  return { ...row, figure: `${ratio.toFixed(2)} ×`, goal: `≤ ${goal} ×`, ok: ratio <= goal };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export const ms = (value: number): string => `${value < 20 ? value.toFixed(1) : value.toFixed(0)} ms`;
