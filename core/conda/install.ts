/**
 * Packages of a lock into a prefix by py-rattler: downloads with hashes checked, from the cache that rattler's tools share.
 * Tests: test/e2e/build-conda.test.ts
 */
import { existsSync } from "node:fs";
import { lockAccess } from "#core/conda/channel-access.ts";
import { openHint } from "#core/conda/channel-secrets.ts";
import { type EngineWork, engineError } from "#core/conda/engine-error.ts";
import type { ExplicitLock } from "#core/conda/explicit-lock.ts";
import { type Subdir, subdirOf } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import { isOffline, OFFLINE_HINT } from "#core/config/offline.ts";
import type { Ctx } from "#core/context.ts";
import { callRattler, engineName } from "#core/engines/rattler.ts";
import { EngineRefusal, type Request } from "#core/engines/rattler-worker.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";

export interface InstallInput {
  /** Absolute: it is written into files. */
  prefix: string;
  records: readonly CondaRecord[];
  lock: Pick<ExplicitLock, "requested"> & Partial<Pick<ExplicitLock, "channels" | "access">>;
  /** Default: this machine's. */
  subdir?: Subdir;
  /** Scripts of packages, after linking. Default: true. */
  runScripts?: boolean;
  /** What is written into files where `prefix` would be. */
  as?: string;
  /** A folder for packages instead of the cache that rattler's tools share: all are fetched anew. */
  cacheDir?: string;
  /** Folders with the engine's own wheel, where a bundle brought it. */
  engineLinks?: readonly string[];
}

/** @throws SwError HASH_MISMATCH, OFFLINE, ENV_BUILD_FAILED */
export async function installRecords(ctx: Ctx, input: InstallInput): Promise<void> {
  const { prefix, records, lock, engineLinks, subdir = subdirOf(thisPlatform()), runScripts = true } = input;
  const { secrets, network } = await lockAccess(ctx, lock);
  const request: Request = {
    op: "install",
    prefix,
    platform: subdir,
    scripts: runScripts,
    records,
    requested: lock.requested,
    mirrors: secrets.mirrors,
    logins: secrets.logins,
    insecure: network.insecure,
    offline: isOffline(ctx.env),
    as: input.as,
    cache: input.cacheDir,
  };
  try {
    await callRattler(ctx, request, { env: network.env, links: engineLinks });
  } catch (e) {
    if (isOffline(ctx.env) && (e instanceof EngineRefusal || isMissingEngine(e))) throw missingOffline(records, e);
    throw engineError(e, { ...INSTALL, openHint: (url) => openHint(ctx.env, lock, url) });
  }
}

const INSTALL: EngineWork = { doing: "install", lines: [] };

const isHere = (url: string): boolean => url.startsWith("file:") && existsSync(Bun.fileURLToPath(url));

const isMissingEngine = (e: unknown): e is SwError => e instanceof SwError && e.code === "OFFLINE";

/** Those with a local address may be here; of the others the engine's cache may have some. */
function missingOffline(records: readonly CondaRecord[], cause: EngineRefusal | SwError): unknown {
  const packages = records.filter(({ url }) => !isHere(url)).map(({ fn }) => fn);
  if (packages.length === 0) return cause instanceof SwError ? cause : engineError(cause, INSTALL);
  const engine = cause instanceof SwError ? [`${engineName()} (the conda engine)`] : [];
  const names = [...engine, ...packages];
  return new SwError("OFFLINE", `conda packages are missing here, and no network is to be used: ${names.join(", ")}`, {
    hint: OFFLINE_HINT,
    detail: { packages: names },
    cause,
  });
}
