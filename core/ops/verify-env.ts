/** `env verify [--fix]`: reads environments again and says what is not as it was made. Tests: test/e2e/drift.test.ts, test/e2e/rot.test.ts */
import type { Ctx } from "#core/context.ts";
import { dropEntries } from "#core/env/hook-entries.ts";
import { dropMarker, type Marker } from "#core/env/marker.ts";
import { protect, unprotect } from "#core/env/protect.ts";
import { repair } from "#core/env/repair.ts";
import { writeSeen } from "#core/env/seen.ts";
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
    if (!marker) continue;
    ctx.report.progress({ step: "verify", text: `Reading ${prefix}` });
    environments.push({ name, prefix, ...(await verifyOne(ctx, marker, fix)) });
  }
  return { environments };
}

async function verifyOne(ctx: Ctx, marker: Marker, fix: boolean): Promise<Omit<VerifiedEnv, "name" | "prefix">> {
  await settle(ctx, marker, { compile: false });
  const started = ctx.clock.now();
  const found = await verifyPrefix(ctx, marker.prefix);
  const seconds = (ctx.clock.now() - started) / 1000;
  const { files, bytes, differences } = found ?? NO_RECORD;
  const fixed = fix && differences.length > 0 ? await fixThem(ctx, marker, differences) : new Set<string>();
  if (fix && differences.some((one) => isLost(one) && !fixed.has(one.path))) await makeAgain(ctx, marker);
  const rows = differences.map(({ path, what, distribution }) => ({
    path,
    what,
    distribution,
    fixed: fixed.has(path),
  }));
  return { files, bytes, seconds, differences: rows };
}

/** Somebody took it away or wrote into it: nothing can be said of the rest. */
const NO_RECORD: Verified = {
  files: 0,
  bytes: 0,
  differences: [{ path: ".swcli/record", what: "missing", distribution: "" }],
};

/** Of no distribution that could be fetched: what was written when the environment was made, or whose RECORD has gone. */
const isLost = ({ what, distribution }: Difference) => what !== "added" && distribution === "";

async function makeAgain(ctx: Ctx, { key, prefix }: Marker): Promise<void> {
  await dropMarker(ctx, key);
  await dropEntries(ctx);
  const text = `${prefix} can't be repaired: it is made again when it is activated next`;
  ctx.report.progress({ step: "verify", text });
}

/** Open for us while we work; what is right afterwards is what was recorded, so the look at activation is made anew. */
async function fixThem(ctx: Ctx, { key, prefix, python }: Marker, differences: Difference[]): Promise<Set<string>> {
  return await withFileLock(`${ctx.paths.locks}.settle-${key}.lock`, ctx.signal, async () => {
    await unprotect(prefix);
    try {
      const fixed = await repair(ctx, { prefix, python: python.path, differences });
      if (differences.every(({ path }) => fixed.has(path))) await writeSeen(prefix);
      return fixed;
    } finally {
      await protect(prefix);
    }
  });
}
