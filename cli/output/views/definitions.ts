/**
 * Lists of `term  explanation` with the explanations aligned and wrapped, for help and key-value views.
 * Pure text. Tests: test/unit/cli/run.test.ts
 */
export type Definition = readonly [term: string, text: string];

const INDENT = "  ";
const MAX_TERM = 34;

/** A term that is too long for its column gets a line of its own. */
export function definitions(rows: readonly Definition[], width: number): string {
  const limit = Math.min(MAX_TERM, Math.floor(width / 2));
  const fitting = rows.map(([term]) => term.length).filter((length) => length <= limit);
  const column = Math.max(0, ...fitting);
  const gap = `\n${INDENT}${" ".repeat(column)}${INDENT}`;
  const show = ([term, text]: Definition) => {
    const lines = wrap(text, width - column - 2 * INDENT.length);
    const head = term.length > column ? `${INDENT}${term}${gap}` : `${INDENT}${term.padEnd(column)}${INDENT}`;
    return (head + lines.join(gap)).trimEnd();
  };
  return rows.map(show).join("\n");
}

/** Breaks at blanks; a word longer than the width stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
