/**
 * Files that name the prefix they were made for: a script's first line, and the RECORD that holds that script's digest.
 * Their text as it is in another prefix. Tests: test/e2e/drift.test.ts
 */
import type { RecordedFile } from "#core/env/record.ts";

export interface Move {
  from: string;
  to: string;
  /** What was recorded of `to`, by path. */
  record: ReadonlyMap<string, RecordedFile>;
}

/** undefined for files that say the same everywhere. */
export function movedText(path: string, text: string, move: Move): string | undefined {
  if (path.startsWith("bin/")) return text.replaceAll(move.from, move.to);
  return path.endsWith(".dist-info/RECORD") ? movedRecord(text, move) : undefined;
}

const movedRecord = (text: string, { record }: Move): string =>
  text.replace(/^(\.\.\/\.\.\/\.\.\/)(bin\/[^,]+),sha256=[^,]*,\d+/gm, (line, up: string, path: string) => {
    const script = record.get(path);
    if (!script) return line;
    return `${up}${path},sha256=${Buffer.from(script.sha256, "hex").toString("base64url")},${script.size}`;
  });
