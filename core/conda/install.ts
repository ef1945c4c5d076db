/**
 * Packages of a lock into a prefix by py-rattler: downloads with hashes checked, from the cache that rattler's tools share.
 * Tests: test/e2e/build-conda.test.ts
 */
import { channelAccess } from "#core/conda/channel-access.ts";
import { engineError } from "#core/conda/engine-error.ts";
import type { ExplicitLock } from "#core/conda/explicit-lock.ts";
import { subdirOf } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { callRattler } from "#core/engines/rattler.ts";
import { thisPlatform } from "#core/lock/platforms.ts";

export interface InstallInput {
  /** Absolute: it is written into files. */
  prefix: string;
  records: readonly CondaRecord[];
  lock: Pick<ExplicitLock, "requested">;
}

/** @throws SwError HASH_MISMATCH, ENV_BUILD_FAILED */
export async function installRecords(ctx: Ctx, { prefix, records, lock }: InstallInput): Promise<void> {
  const access = await channelAccess(ctx, {});
  try {
    await callRattler(ctx, {
      op: "install",
      prefix,
      platform: subdirOf(thisPlatform()),
      records: records.map((record) => ({ ...record, url: access.authorize(record.url) })),
      requested: lock.requested,
      logins: access.logins,
    });
  } catch (e) {
    throw engineError(e, { doing: "install", lines: [] });
  }
}
