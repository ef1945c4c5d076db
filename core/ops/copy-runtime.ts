/** `runtime copy SRC DEST`: parse both ends, copy, say what was done. Tests: test/e2e/copy.test.ts */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { copy, openSink, openSource } from "#core/transfer/copy.ts";
import { type CopyEnd, parseCopyDest, parseCopySource } from "#core/uri/copy-uri.ts";

export interface CopyParams {
  src: string;
  dest: string;
  force: boolean;
  skipExisting: boolean;
  destLocalProject?: string;
  ignoreTags: string[];
}

/** @throws EXISTS; what the ends throw. A repeat mends what an interrupted one left. */
export async function copyRuntime(ctx: Ctx, params: CopyParams) {
  const config = await uriContext(ctx);
  const from = parseCopySource(params.src, config);
  const source = await openSource(ctx, from);
  const to = parseCopyDest(params.dest, config, {
    source: from,
    // An id of a console address is no name.
    sourceName: source.name,
    destLocalProject: params.destLocalProject || undefined,
  });
  refuseSelf(from, to, params);
  const copied = await copy(ctx, source, await openSink(ctx, to, source.name), params);
  return { ...copied, name: "name" in to ? to.name : (source.name ?? null) };
}

function refuseSelf(from: CopyEnd, to: CopyEnd, params: CopyParams): void {
  const key = (end: CopyEnd) => JSON.stringify({ ...end, version: "" });
  if (from.kind !== "local" || key(from) !== key(to)) return;
  throw new SwError("USAGE", `${params.src} and ${params.dest} are the same runtime`, {
    hint: "Give another name or another project (-dlp) as the destination.",
  });
}
