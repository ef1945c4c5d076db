/**
 * A `conda-meta` record's text, read for what a lock needs of it: its lists of files are most of it and are cut out before
 * the rest is parsed, for speed. Where they don't look as they always do, all is parsed.
 * Tests: test/unit/core/conda/record-text.test.ts
 */

export interface RecordText {
  data: Record<string, unknown>;
  /** Metadata files of Python packages and files for the activation among its files: what they name is conda's. */
  owned: string[];
}

/** undefined when it is no JSON object. */
export function parseRecordText(text: string): RecordText | undefined {
  const { rest, owned } = withoutFiles(withoutPaths(text));
  const quick = objectIn(rest);
  if (quick && owned) return { data: quick, owned };
  const data = objectIn(text);
  return data && { data, owned: ownedIn(data.files) };
}

// Where the list of paths ends, in either order of its object's two keys.
const PATHS_END = /\]\s*(?:,\s*"paths_version"\s*:\s*\d+\s*)?\}\s*,/y;

function withoutPaths(text: string): string {
  const start = text.indexOf('"paths_data"');
  for (let end = text.indexOf("]", start); start >= 0 && end >= 0; end = text.indexOf("]", end + 1)) {
    PATHS_END.lastIndex = end;
    if (PATHS_END.test(text)) return text.slice(0, start) + text.slice(PATHS_END.lastIndex);
  }
  return text;
}

/** A name with a bracket in it leaves no JSON, and so leads to the whole parse. */
function withoutFiles(text: string): { rest: string; owned: string[] | undefined } {
  const start = text.search(/"files"\s*:\s*\[/);
  const end = text.indexOf("]", start);
  if (start < 0 || end < 0) return { rest: text, owned: undefined };
  const list = text.slice(start, end + 1);
  return { rest: `${text.slice(0, start)}"files":[]${text.slice(end + 1)}`, owned: ownedInText(list) };
}

const ownedInText = (list: string): string[] =>
  /\.(dist|egg)-info|etc\/conda\//.test(list) ? list.split('"').filter((part) => OWNED.test(part)) : [];

const OWNED = /\.(dist-info\/METADATA|egg-info(\/PKG-INFO)?)$|^etc\/conda\/(activate|deactivate|env_vars)\.d\/[^/]+$/;

const ownedIn = (files: unknown): string[] =>
  Array.isArray(files) ? files.filter((file) => typeof file === "string" && OWNED.test(file)) : [];

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === "object" && data !== null ? { ...data } : undefined;
  } catch (e) {
    if (!(e instanceof SyntaxError)) throw e;
    return undefined;
  }
}
