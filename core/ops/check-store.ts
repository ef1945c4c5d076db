/**
 * `swcli doctor --store`: names, records of versions and contents are checked against each other and against their own
 * digests; what is damaged is named with what uses it, set aside, and brought back where this machine still has it or a server that it came from.
 * Tests: test/e2e/doctor.test.ts, test/e2e/doctor-refetch.test.ts
 */
import { existsSync } from "node:fs";
import type { Ctx } from "#core/context.ts";
import { checkLayers } from "#core/docker/sweep-layers.ts";
import { type Refetch, refetcher } from "#core/ops/refetch-version.ts";
import { restoreBlob } from "#core/ops/restore-blob.ts";
import { localUri } from "#core/ops/target.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { adoptVersion } from "#core/store/adopt.ts";
import { hasBlob } from "#core/store/blobs.ts";
import { carriedId, dropCarried } from "#core/store/carried-files.ts";
import { checkBlobs, quarantine } from "#core/store/check-blobs.ts";
import { type CheckedRefs, checkRefs } from "#core/store/check-refs.ts";
import { type CheckedTrees, checkTrees, isAltered } from "#core/store/check-trees.ts";
import { STORE_FORMAT } from "#core/store/format.ts";
import { type Version, versionPath } from "#core/store/tree-records.ts";

export interface Problem {
  kind: "content" | "version" | "name" | "layer";
  /** Digest, version id or `project/name`. */
  what: string;
  problem: string;
  /** URIs of the runtimes that need it. */
  used_by: string[];
  /** What was done about it. */
  done: "restored" | "quarantined" | "dropped" | "none";
  /** Where the damaged file lies now. */
  quarantined: string | null;
  hint: string | null;
}

export interface StoreReport {
  root: string;
  format: number;
  ok: boolean;
  checked: { names: number; versions: number; contents: number; layers: number; bytes: number };
  problems: Problem[];
}

interface Check {
  trees: CheckedTrees;
  names: CheckedRefs;
  problems: Problem[];
  /** Before and after contents were looked at: what is then set aside has to be asked for again. */
  refetch: Refetch;
}

const AGAIN = "Build it again, or copy or import it again: the same content gets the same version.";

const BUNDLE_AGAIN = "It came in a bundle: import that again with -f, or use the runtime with a network.";

/** Whatever could be put right is; `ok` says whether anything is left. */
export async function checkStore(ctx: Ctx): Promise<StoreReport> {
  const trees = await checkTrees(ctx);
  const names = await checkRefs(ctx, trees.versions);
  const check: Check = { trees, names, problems: [], refetch: refetcher(ctx, names.refs) };
  for (const one of names.damaged) check.problems.push(nameProblem(one));
  for (const one of trees.damaged) check.problems.push(await treeProblem(ctx, check, one));
  for (const one of trees.damagedRecords) check.problems.push(recordProblem(check, one));
  await findLostTrees(ctx, check);
  const blobs = await checkBlobs(ctx);
  check.refetch = refetcher(ctx, names.refs);
  await findContents(ctx, check, new Map(blobs.damaged.map((one) => [one.sha256, one.quarantined])));
  await findAltered(ctx, check);
  const layers = await checkLayers(ctx);
  for (const digest of layers.damaged) check.problems.push(layerProblem(digest));
  return {
    root: ctx.paths.root,
    format: STORE_FORMAT,
    ok: check.problems.every(isSettled),
    checked: {
      ...{ names: names.refs.length, versions: trees.versions.size, contents: blobs.count },
      ...{ layers: layers.count, bytes: blobs.bytes },
    },
    problems: check.problems,
  };
}

/** Put right, or something that no runtime needs. */
const isSettled = ({ kind, done, used_by }: Problem) =>
  done === "restored" || done === "dropped" || (kind === "content" && used_by.length === 0);

const layerProblem = (digest: string): Problem => ({
  kind: "layer",
  what: digest,
  problem: "the cached layer's bytes are not what its name says",
  used_by: [],
  done: "dropped",
  quarantined: null,
  hint: "It is made or fetched anew when an image needs it.",
});

function nameProblem(one: CheckedRefs["damaged"][number]): Problem {
  const what = `${one.project}/${one.name}`;
  return {
    kind: "name",
    what,
    problem: `the versions and tags of ${what} could not be read`,
    used_by: [],
    done: one.saved > 0 ? "restored" : "quarantined",
    quarantined: one.quarantined,
    hint: one.saved > 0 ? `${one.saved} versions were found again; look at their tags.` : AGAIN,
  };
}

async function treeProblem(ctx: Ctx, check: Check, one: CheckedTrees["damaged"][number]): Promise<Problem> {
  const back = (await adoptVersion(ctx, one.id)) ?? (await check.refetch(one.id));
  if (back) check.trees.versions.set(one.id, back);
  return versionProblem(check, {
    id: one.id,
    problem: one.why,
    done: back ? "restored" : "quarantined",
    quarantined: one.quarantined,
  });
}

/** What a bundle brought for a version; the version itself is whole. */
const recordProblem = (check: Check, one: CheckedTrees["damagedRecords"][number]): Problem => ({
  ...versionProblem(check, { id: one.id, problem: one.why, done: "quarantined", quarantined: one.quarantined }),
  hint: BUNDLE_AGAIN,
});

type Finding = Pick<Problem, "problem" | "done" | "quarantined"> & { id: string };

const versionProblem = (check: Check, { id, problem, done, quarantined }: Finding): Problem => ({
  kind: "version",
  what: id,
  problem,
  used_by: urisOf(check, [id]),
  done,
  quarantined,
  hint: done === "restored" ? null : AGAIN,
});

const urisOf = ({ names }: Check, ids: readonly string[]): string[] =>
  names.refs.flatMap((ref) =>
    ref.versions.filter(({ id }) => ids.includes(id)).map(({ id }) => localUri(ref.project, ref.name, id)),
  );

/** A name without its version; packages of the Python client that nobody has used yet have none. */
async function findLostTrees(ctx: Ctx, check: Check): Promise<void> {
  const reported = new Set(check.problems.map(({ what }) => what));
  const named = check.names.refs.flatMap((ref) => ref.versions.filter(({ adopted }) => adopted !== true));
  const lost = new Set(named.map(({ id }) => id).filter((id) => !check.trees.versions.has(id) && !reported.has(id)));
  for (const id of lost) {
    // Published while we looked, by a build that is under way.
    if (existsSync(versionPath(ctx, id))) continue;
    const back = await check.refetch(id);
    if (back) check.trees.versions.set(id, back);
    const done = back ? ("restored" as const) : ("none" as const);
    check.problems.push(
      versionProblem(check, { id, problem: "the record of the version is gone", done, quarantined: null }),
    );
  }
}

async function findContents(ctx: Ctx, check: Check, damaged: ReadonlyMap<string, string>): Promise<void> {
  const { users, resolutions } = check.trees;
  const missing: string[] = [];
  // All before the first is brought back, since others may come with it.
  for (const sha256 of new Set([...damaged.keys(), ...users.keys(), ...resolutions.keys()])) {
    if (damaged.has(sha256) || !(await hasBlob(ctx, sha256))) missing.push(sha256);
  }
  for (const sha256 of missing) {
    const problem = await contentProblem(ctx, check, { sha256, quarantined: damaged.get(sha256) ?? null });
    if (problem) check.problems.push(problem);
  }
}

async function contentProblem(
  ctx: Ctx,
  check: Check,
  { sha256, quarantined }: { sha256: string; quarantined: string | null },
): Promise<Problem | undefined> {
  const all = (check.trees.users.get(sha256) ?? []).flatMap((id) => check.trees.versions.get(id) ?? []);
  // gc may have taken a version and its content while we looked.
  const versions = all.filter(({ id }) => existsSync(versionPath(ctx, id)));
  const resolutions = check.trees.resolutions.get(sha256) ?? [];
  if (!quarantined && versions.length + resolutions.length === 0) return undefined;
  const { refetch, names } = check;
  const back = await restoreBlob(ctx, sha256, { users: versions, refs: names.refs, refetch });
  if (!back) await forget(ctx, resolutions, sha256);
  const bundled = resolutions.flatMap((path) => carriedId(path) ?? []);
  const used_by = urisOf(check, [...versions.map(({ id }) => id), ...bundled]);
  return {
    kind: "content",
    what: `sha256:${sha256}`,
    problem: `${quarantined ? "its bytes are not what its name says" : "it is gone"}${membersText(versions, sha256)}`,
    used_by,
    done: back ? "restored" : quarantined ? "quarantined" : "none",
    quarantined,
    hint: back || used_by.length === 0 ? null : versions.length > 0 ? AGAIN : BUNDLE_AGAIN,
  };
}

/** A resolution of an unlocked package is made anew at the next activation; what else a bundle brought stays. */
async function forget(ctx: Ctx, paths: readonly string[], sha256: string): Promise<void> {
  for (const path of paths) {
    if (carriedId(path) === undefined) await removeFile(path);
    else await dropCarried(ctx, path, sha256);
  }
}

/** Which files of the packages it is. */
function membersText(versions: readonly Version[], sha256: string): string {
  const members = versions.flatMap((version) => [
    ...(version.manifest === sha256 ? ["_manifest.yaml"] : []),
    ...version.entries.filter((entry) => entry.sha256 === sha256).map((entry) => entry.path),
  ]);
  return members.length > 0 ? ` (${[...new Set(members)].join(", ")})` : "";
}

/** Records that were changed as a whole: only our own ids can tell. */
async function findAltered(ctx: Ctx, check: Check): Promise<void> {
  const lost = new Set(check.problems.filter(({ done }) => done !== "restored").map(({ what }) => what));
  for (const version of check.trees.versions.values()) {
    if (lost.has(`sha256:${version.manifest}`) || !(await isAltered(ctx, version))) continue;
    const quarantined = await quarantine(ctx, versionPath(ctx, version.id));
    const problem = "the record of the version was changed";
    check.problems.push(versionProblem(check, { id: version.id, problem, done: "quarantined", quarantined }));
  }
}
