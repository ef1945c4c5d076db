/**
 * The marking half of gc: which trees and blobs are held by a name, a lease or a running operation.
 * What can't be read stops gc: better nothing freed than something lost. Tests: test/unit/core/store/gc.test.ts
 */
import * as v from "valibot";
import { type Ctx, withCtx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { Memo } from "#core/memo.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { CARRIED_ENDING, readCarriedAt } from "#core/store/carried-files.ts";
import { diskNow } from "#core/store/disk-clock.ts";
import { listFanOut } from "#core/store/fan-out.ts";
import { readKept } from "#core/store/kept.ts";
import { listLeases, oldestLive } from "#core/store/leases.ts";
import { readVersionIfAny } from "#core/store/tree-records.ts";

export interface Marks {
  trees: ReadonlySet<string>;
  blobs: ReadonlySet<string>;
  /** What is younger (Unix ms, the disk's clock) belongs to a running operation; Infinity: nothing runs. */
  youngerThan: number;
  /** When this was marked, by the same clock. */
  at: number;
}

/** What a version holds, remembered between the two passes: versions never change. */
export type Contents = Map<string, readonly string[]>;

/** @param names ids of all versions that have a name, removed ones that stay included */
export async function mark(ctx: Ctx, names: Iterable<string>, contents: Contents): Promise<Marks> {
  const at = await diskNow(ctx);
  const leases = await listLeases(ctx);
  const youngerThan = oldestLive(leases);
  const kept = await readKept(ctx, youngerThan);
  const leased = leases.filter(({ live }) => live).flatMap(({ lease }) => lease.digests);
  const trees = new Set([...names, ...[...kept].filter(isVersionId)]);
  const blobs = new Set([...leased, ...kept]);
  // Ten thousand versions would push everything else out of the memory.
  const own = withCtx(ctx, { memo: new Memo(1) });
  for (const id of trees) for (const digest of await contentOf(own, id, contents)) blobs.add(digest);
  for (const digest of await resolvedDigests(ctx, trees)) blobs.add(digest);
  return { trees, blobs, youngerThan, at };
}

const isVersionId = (name: string) => !/^[0-9a-f]{64}$/.test(name);

/** Nothing for what was never taken into our store (packages of the Python client that nobody used yet). */
async function contentOf(ctx: Ctx, id: string, contents: Contents): Promise<readonly string[]> {
  const known = contents.get(id);
  if (known) return known;
  const version = await readVersionIfAny(ctx, id);
  if (!version) return [];
  const digests = [version.manifest, ...version.entries.flatMap((entry) => entry.sha256 ?? [])];
  contents.set(id, digests);
  return digests;
}

// What a version without a lock was resolved to at its first activation (core/env/unlocked.ts).
const ResolvedSchema = v.object({
  requirements: v.string(),
  vcs: v.string(),
  wheels: v.array(v.object({ sha256: v.string() })),
  conda: v.optional(v.string()),
});

/** These may come at any time, so they are looked for in each pass. */
async function resolvedDigests(ctx: Ctx, trees: ReadonlySet<string>): Promise<string[]> {
  const files = await listFanOut(ctx.paths.trees);
  const held = (ending: string) =>
    files.filter(({ name }) => name.endsWith(ending) && trees.has(name.slice(0, -ending.length)));
  const carried = held(CARRIED_ENDING).map(async ({ path }) => (await readCarriedAt(path)).map(({ sha256 }) => sha256));
  return (await Promise.all([...held(RESOLVED).map(({ path }) => digestsIn(path)), ...carried])).flat();
}

const RESOLVED = ".resolved.json";

async function digestsIn(path: string): Promise<string[]> {
  const text = await readTextIfAny(path);
  if (text === undefined) return [];
  const kept = v.safeParse(ResolvedSchema, parseJson(text, path));
  if (!kept.success) throw unreadable(path, kept.issues);
  const { requirements, vcs, conda } = kept.output;
  return [requirements, vcs, ...(conda ? [conda] : []), ...kept.output.wheels.map(({ sha256 }) => sha256)];
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw unreadable(path, e);
  }
}

const unreadable = (path: string, cause: unknown) =>
  new SwError("STORE_DAMAGED", `${path} can't be read, so nothing can be swept safely`, {
    hint: "`swcli doctor --store` says what is damaged.",
    cause,
  });
