/**
 * A copy from any kind of end to any other: resolve both, refuse early, look what is there, move the content, then the
 * tags. Owns the order of these and the rule about what exists. Tests: test/e2e/copy.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { Existing, Sink, Source } from "#core/transfer/ends.ts";
import { fileSink, fileSource } from "#core/transfer/file-end.ts";
import { localSink, localSource } from "#core/transfer/local-end.ts";
import { ociSink } from "#core/transfer/oci-sink.ts";
import { ociSource } from "#core/transfer/oci-source.ts";
import { sameContent } from "#core/transfer/same-content.ts";
import { serverSink } from "#core/transfer/server-sink.ts";
import { serverSource } from "#core/transfer/server-source.ts";
import type { TagOutcome } from "#core/transfer/server-tags.ts";
import type { CopyEnd } from "#core/uri/copy-uri.ts";

export interface CopyOptions {
  /** Tags that stay behind. */
  readonly ignoreTags: readonly string[];
  /** Takes the version again over what is there, and tags from other versions. */
  readonly force: boolean;
  /** The same content at the destination is a success. */
  readonly skipExisting: boolean;
}

export interface Copied {
  readonly source: string;
  readonly destination: string;
  readonly version: string;
  readonly skipped: boolean;
  readonly tags: TagOutcome[];
}

export async function openSource(ctx: Ctx, end: CopyEnd): Promise<Source> {
  if (end.kind === "local") return await localSource(ctx, end);
  if (end.kind === "server") return await serverSource(ctx, end);
  if (end.kind === "file") return await fileSource(ctx, end);
  return await ociSource(ctx, end);
}

/** @param name of the runtime, for a registry, whose repositories are called otherwise */
export async function openSink(ctx: Ctx, end: CopyEnd, name: string | undefined): Promise<Sink> {
  if (end.kind === "local") return localSink(ctx, end);
  if (end.kind === "server") return await serverSink(ctx, end);
  if (end.kind === "file") return fileSink(ctx, end);
  return await ociSink(ctx, end, name);
}

/** @throws EXISTS, whose message tells the same content from other content */
export async function copy(ctx: Ctx, source: Source, sink: Sink, options: CopyOptions): Promise<Copied> {
  const tags = source.tags.filter((tag) => !options.ignoreTags.includes(tag));
  sink.check(tags);
  const { version } = source;
  const there = await sink.existing(source, options.force);
  const skipped = !(await putUnlessThere(source, sink, { there, options }));
  const outcomes = await sink.tag(version, tags, options.force);
  for (const line of outcomes.flatMap(keptLine)) ctx.report.warn(line);
  return { source: source.uri, destination: sink.uri(version), version, skipped, tags: outcomes };
}

/** False when the destination has the same already and that is fine. */
async function putUnlessThere(
  source: Source,
  sink: Sink,
  { there, options }: { there: Existing | undefined; options: CopyOptions },
): Promise<boolean> {
  const at = sink.uri(source.version);
  if (there && !options.force) {
    refuseExisting({ source, there, at, options });
    return false;
  }
  try {
    await sink.put(source, there !== undefined);
    return true;
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "EXISTS") throw e;
    // Somebody was faster.
    const now = await sink.existing(source);
    if (now === undefined) throw e;
    refuseExisting({ source, there: now, at, options });
    return false;
  }
}

function refuseExisting(found: { source: Source; there: Existing; at: string; options: CopyOptions }): void {
  const same = sameContent(found.source.manifestText, found.there.manifestText);
  if (same && found.options.skipExisting) return;
  const content = same ? "with the same content" : "with other content";
  throw new SwError("EXISTS", `${found.at} exists already, ${content}`, {
    hint: same
      ? "Nothing needs to be copied; --skip-existing makes that a success, -f copies again."
      : "-f replaces it.",
    detail: { uri: found.at, same },
  });
}

const keptLine = (outcome: TagOutcome): string[] =>
  outcome.state === "kept" ? [`tag ${outcome.tag} stays with ${outcome.by.slice(0, 12)}; -f moves it`] : [];
