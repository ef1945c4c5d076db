/**
 * The head of a METADATA or PKG-INFO file: name, version, requirements. Pure. Tests: test/unit/core/venv/metadata.test.ts
 */

export interface Metadata {
  readonly name: string;
  readonly version: string;
  /** Requires-Dist lines as written. */
  readonly requires: readonly string[];
  readonly requiresPython: string | undefined;
}

/** undefined when it names no package or version: a broken file is no distribution. */
export function parseMetadata(text: string): Metadata | undefined {
  const head = text.split(/\r?\n\r?\n/, 1)[0] ?? "";
  // A header goes on in lines that begin with white space.
  const lines = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const values = (key: string) =>
    lines
      .filter((line) => line.slice(0, key.length + 1).toLowerCase() === `${key}:`)
      .map((line) => line.slice(key.length + 1).trim());
  const [name] = values("name");
  const [version] = values("version");
  if (!name || !version) return undefined;
  return { name, version, requires: values("requires-dist"), requiresPython: values("requires-python")[0] };
}
