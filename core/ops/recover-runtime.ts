/** `runtime recover`: removed versions become live again, with their tags. Tests: test/e2e/remove.test.ts*/
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { localTarget } from "#core/ops/target.ts";
import { liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/ref.ts";
import { updateRef } from "#core/store/refs.ts";
import { findLive, requireRef, type Target } from "#core/store/resolve.ts";
import { findRemoved, removedVersions } from "#core/store/resolve-removed.ts";
import { revive, short } from "#core/store/version-life.ts";

export interface RecoverResult {
  name: string;
  project: string;
  recovered: { version: string; tags: string[] }[];
  latest: string | null;
  /** Tags that stay with the version that has them now, a line each. */
  said: string[];
}

/**
 * All removed versions, or the one that the URI names (id, beginning or tag).
 * @throws EXISTS without `force`: the name was given anew since the whole runtime was removed, or the version is live
 */
export async function recoverRuntime(ctx: Ctx, params: { uri: string; force: boolean }): Promise<RecoverResult> {
  const target = await localTarget(ctx, params.uri);
  await requireRef(ctx, target);
  return await updateRef(ctx, target, (ref) => {
    const chosen = target.version === "" ? chooseAll(ref, params.force) : chooseOne(ref, target, params.force);
    const said = revive(ref, chosen);
    const recovered = chosen.map(({ id }) => ({ version: id, tags: tagsOf(ref, id) }));
    return { name: ref.name, project: ref.project, recovered, latest: ref.tags.latest ?? null, said };
  });
}

function chooseAll(ref: RuntimeRef, force: boolean): VersionRef[] {
  const removed = removedVersions(ref);
  if (removed.length === 0) throw nothing(ref);
  const nameGivenAnew = liveVersions(ref).length > 0 && removed.some((version) => version.removed_whole);
  if (!nameGivenAnew || force) return removed;
  throw new SwError("EXISTS", `there is a runtime ${ref.name} again since the other was removed`, {
    hint: `Recover the ${removed.length} removed versions beside it with -f.`,
  });
}

function chooseOne(ref: RuntimeRef, { version }: Target, force: boolean): VersionRef[] {
  try {
    return [findRemoved(ref, version)];
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "VERSION_NOT_FOUND") throw e;
    const live = liveIfAny(ref, version);
    if (live === undefined) throw lost(ref, version, e);
    if (force) return [];
    throw new SwError("EXISTS", `version ${short(live.id)} of ${ref.name} is there; it is not removed`, {
      hint: "`swcli runtime list --show-removed` shows what can be recovered.",
    });
  }
}

function liveIfAny(ref: RuntimeRef, text: string): VersionRef | undefined {
  try {
    return findLive(ref, text);
  } catch (e) {
    if (e instanceof SwError && e.code === "VERSION_NOT_FOUND") return undefined;
    throw e;
  }
}

const nothing = (ref: RuntimeRef) =>
  new SwError("VERSION_NOT_FOUND", `${ref.name} has no removed versions`, {
    hint: "What was removed with -f or collected by gc can't be recovered; build or copy it again.",
  });

const lost = (ref: RuntimeRef, text: string, cause: unknown) =>
  new SwError("VERSION_NOT_FOUND", `no removed version or tag ${text} of runtime ${ref.name}`, {
    hint: "`swcli runtime list --show-removed` shows what can be recovered.",
    cause,
  });
