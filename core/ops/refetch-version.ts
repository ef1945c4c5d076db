/**
 * Brings a version back, with every content of it that the store lacks, from the server or registry that it was copied
 * from. Tests: test/e2e/doctor-refetch.test.ts
 */
import { isOffline } from "#core/config/offline.ts";
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import type { RuntimeRef } from "#core/store/ref.ts";
import type { Version } from "#core/store/versions.ts";
import { openSource } from "#core/transfer/copy.ts";
import { parseCopySource } from "#core/uri/copy-uri.ts";

/** Undefined where the version came from nowhere, or can't be had there any more. */
export type Refetch = (id: string) => Promise<Version | undefined>;

/** Each version is asked for once, since one answer brings all that is missing. */
export function refetcher(ctx: Ctx, refs: readonly RuntimeRef[]): Refetch {
  const asked = new Map<string, Promise<Version | undefined>>();
  return async (id) => {
    const answer = asked.get(id) ?? refetch(ctx, originsOf(refs, id), id);
    asked.set(id, answer);
    return await answer;
  };
}

const originsOf = (refs: readonly RuntimeRef[], id: string): Set<string> =>
  new Set(refs.flatMap(({ versions }) => versions.flatMap((one) => (one.id === id && one.origin) || [])));

async function refetch(ctx: Ctx, origins: ReadonlySet<string>, id: string): Promise<Version | undefined> {
  if (isOffline(ctx.env)) return undefined;
  for (const origin of origins) {
    try {
      const source = await openSource(ctx, parseCopySource(origin, await uriContext(ctx)));
      if (source.version === id) return await source.store();
    } catch (e) {
      if (!(e instanceof SwError) || e.code === "CANCELLED") throw e;
      ctx.report.warn(`can't fetch from ${origin} again: ${e.message}`);
    }
  }
  return undefined;
}
