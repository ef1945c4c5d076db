/** `env verify [--fix]`: reads environments again and says what is not as it was made. Tests: test/e2e/drift.test.ts, test/e2e/rot.test.ts */
import type { Ctx } from "#core/context.ts";
import { dropEntries } from "#core/env/entries-folder.ts";
import { dropMarker, type Marker } from "#core/env/marker.ts";
import { protect } from "#core/env/protect.ts";
import { recipeOfKey } from "#core/env/recipe-of-key.ts";
import { repair } from "#core/env/repair.ts";
import { changedSince, openForRepair, writeSeen } from "#core/env/seen.ts";
import { settle } from "#core/env/settle.ts";
import { type Difference, type Verified, verifyPrefix } from "#core/env/verify.ts";
import { envPlace, sharedPlaces } from "#core/ops/envs.ts";
import { withFileLock } from "#core/platform/file-lock.ts";

export interface VerifyParams {
  /** None: every shared one. */
  envs: string[];
  fix: boolean;
}

export interface VerifiedEnv {
  name: string;
  prefix: string;
  files: number;
  bytes: number;
  seconds: number;
  differences: { path: string; what: Difference["what"]; distribution: string; fixed: boolean }[];
}

export async function verifyEnvs(ctx: Ctx, { envs, fix }: VerifyParams): Promise<{ environments: VerifiedEnv[] }> {
  const places = envs.length > 0 ? await Promise.all(envs.map((word) => envPlace(ctx, word))) : await sharedPlaces(ctx);
  const environments: VerifiedEnv[] = [];
  for (const { name, prefix, marker } of places) {
    if (!marker) {
      ctx.report.warn(`${name} is a private environment: it may be changed, and nothing says how it has to be`);
      continue;
    }
    ctx.report.progress({ step: "verify", text: `Reading ${prefix}` });
    environments.push({ name, prefix, ...(await verifyOne(ctx, marker, fix)) });
  }
  return { environments };
}

async function verifyOne(ctx: Ctx, marker: Marker, fix: boolean): Promise<Omit<VerifiedEnv, "name" | "prefix">> {
  await settle(ctx, marker, "later");
  const started = ctx.clock.now();
  const found = await verifyPrefix(ctx, marker.prefix);
  const seconds = (ctx.clock.now() - started) / 1000;
  const { files, bytes, differences } = found ?? NO_RECORD;
  const fixed = await takeCare(ctx, marker, { differences, fix });
  const left = fix ? differences.filter(({ path }) => !fixed.has(path)) : [];
  if (left.some(isLost)) await makeAgain(ctx, marker);
  else if (left.length > 0) ctx.report.warn(`what is left can't be had now: ${AGAIN}`);
  const rows = differences.map(({ path, what, owner }) => ({
    path,
    what,
    distribution: owner?.distribution ?? "",
    fixed: fixed.has(path),
  }));
  return { files, bytes, seconds, differences: rows };
}

interface Found {
  readonly differences: readonly Difference[];
  readonly fix: boolean;
}

/** @returns the paths that are right again */
async function takeCare(ctx: Ctx, marker: Marker, { differences, fix }: Found): Promise<ReadonlySet<string>> {
  if (differences.length > 0) return fix ? await fixThem(ctx, marker, differences) : new Set();
  // Something came and went again, and its folders tell of it for ever.
  if (changedSince(marker.prefix).length > 0) await fixThem(ctx, marker, []);
  return new Set();
}

const AGAIN = "repeat it with the network there, or make all of it anew with `swcli runtime activate -f`";

/** Somebody took it away or wrote into it: nothing can be said of the rest. */
const NO_RECORD: Verified = {
  files: 0,
  bytes: 0,
  differences: [{ path: ".swcli/record", what: "missing" }],
};

/** Of no package that could be fetched: what was written when the environment was made, or whose list of files has gone. */
const isLost = ({ what, owner }: Difference) => what !== "added" && owner === undefined;

async function makeAgain(ctx: Ctx, { key, prefix }: Marker): Promise<void> {
  await dropMarker(ctx, key);
  await dropEntries(ctx);
  const text = `${prefix} can't be repaired: it is made again when it is activated next`;
  ctx.report.progress({ step: "verify", text });
}

/** Open for us while we work; what is right afterwards is what was recorded, so the look at activation is made anew. */
async function fixThem(ctx: Ctx, marker: Marker, differences: readonly Difference[]): Promise<ReadonlySet<string>> {
  const { key, prefix } = marker;
  return await withFileLock(`${ctx.paths.locks}.settle-${key}.lock`, ctx.signal, async () => {
    const recipe = differences.length > 0 ? await recipeOfKey(ctx, key) : undefined;
    let damaged = true;
    await openForRepair(prefix);
    try {
      const { done } = await repair(ctx, { marker, recipe, differences });
      damaged = !differences.every(({ path }) => done.has(path));
      return done;
    } finally {
      await protect(prefix);
      await writeSeen(prefix, { damaged });
    }
  });
}
