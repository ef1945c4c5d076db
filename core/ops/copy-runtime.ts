/** `runtime copy SRC DEST`: parse both ends, copy, say what was done. Tests: test/e2e/copy.test.ts */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { amount } from "#core/report.ts";
import { copy, openSink, openSource } from "#core/transfer/copy.ts";
import type { Source } from "#core/transfer/ends.ts";
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
  await placeCarried(ctx, source, { to, skipped: copied.skipped });
  return { ...copied, name: "name" in to ? to.name : (source.name ?? null) };
}

/** What a bundle brought goes to stores only, there also beside a package that they have. */
async function placeCarried(
  ctx: Ctx,
  source: Source,
  { to, skipped }: { to: CopyEnd; skipped: boolean },
): Promise<void> {
  if (!source.carried) return;
  if (to.kind === "local") {
    if (skipped) await source.store();
    return;
  }
  ctx.report.warn(
    `the package goes alone, without the ${amount(source.carried, "file")} of its lock that came in a bundle; \`swcli runtime bundle\` makes one file of both`,
  );
}

function refuseSelf(from: CopyEnd, to: CopyEnd, params: CopyParams): void {
  const key = (end: CopyEnd) => JSON.stringify({ ...end, version: "" });
  if (from.kind !== "local" || key(from) !== key(to)) return;
  throw new SwError("USAGE", `${params.src} and ${params.dest} are the same runtime`, {
    hint: "Give another name or another project (-dlp) as the destination.",
  });
}
