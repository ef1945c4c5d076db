/**
 * The tag table that the Python client keeps beside its packages (`_manifest.yaml` of a runtime's folder).
 * Read only, and forgiving: what can't be understood gives no tags. Tests: test/unit/core/manifest/tag-table.test.ts
 */
import * as v from "valibot";
import { parse } from "yaml";

export interface TagTable {
  /** Tag (also `latest` and `vN`) → version id. */
  tags: Record<string, string>;
  /** The last vN given; -1 before the first. */
  seq: number;
}

const TableSchema = v.looseObject({
  fast_tag_seq: v.optional(v.pipe(v.number(), v.integer(), v.minValue(-1)), -1),
  tags: v.nullish(v.record(v.string(), v.string()), {}),
});

/** undefined when the text is no tag table: the packages beside it still count. */
export function parseTagTable(text: string): TagTable | undefined {
  try {
    const table = v.safeParse(TableSchema, parse(text, { maxAliasCount: 0 }));
    return table.success ? { tags: { ...table.output.tags }, seq: table.output.fast_tag_seq } : undefined;
  } catch {
    // A half-written table: its client is at work, the next look finds it whole.
    return undefined;
  }
}
