/**
 * One installed distribution, as a site-packages folder tells of it, and what its `direct_url.json` may say. Pure.
 * Tests: test/unit/core/venv/distributions.test.ts
 */
import * as v from "valibot";
import type { Metadata } from "#core/venv/metadata.ts";

/** https://packaging.python.org/en/latest/specifications/direct-url-data-structure/ */
const DirectUrlSchema = v.looseObject({
  url: v.string(),
  subdirectory: v.optional(v.string()),
  vcs_info: v.optional(v.looseObject({ vcs: v.string(), commit_id: v.string() })),
  archive_info: v.optional(
    v.looseObject({ hash: v.optional(v.string()), hashes: v.optional(v.record(v.string(), v.string())) }),
  ),
  dir_info: v.optional(v.looseObject({ editable: v.optional(v.boolean(), false) })),
});

export type DirectUrl = v.InferOutput<typeof DirectUrlSchema>;

export interface Distribution extends Metadata {
  /** Normalised. */
  readonly key: string;
  /** The folder that it lies in, and its dist-info's name there. */
  readonly site: string;
  readonly info: string;
  /** Where it came from, when not from an index; a record that nobody can read says only that. */
  readonly direct: DirectUrl | "unreadable" | undefined;
  /** "pip", "uv", "conda", … or "". */
  readonly installer: string;
}

/** @param text of a `direct_url.json`, where there is one */
export function parseDirectUrl(text: string | undefined): Distribution["direct"] {
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(DirectUrlSchema, JSON.parse(text));
    return parsed.success ? parsed.output : "unreadable";
  } catch {
    return "unreadable";
  }
}

/** The digest of the file that it was installed from; uv writes none down. */
export const recordedSha256 = ({ archive_info: info }: DirectUrl): string | undefined =>
  info?.hashes?.sha256 ?? /^sha256=(.+)$/.exec(info?.hash ?? "")?.[1];
