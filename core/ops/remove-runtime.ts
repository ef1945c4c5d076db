/**
 * `runtime remove`: one version, or all of a runtime; to be recovered later, or for good.
 * Only refs (and an editor's link) change here; bytes leave in gc. Tests: test/e2e/remove.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { unlinkRuntime } from "#core/env/links.ts";
import { SwError } from "#core/errors.ts";
import { localTarget } from "#core/ops/target.ts";
import { liveVersions, type RuntimeRef, tagsOf, type VersionRef } from "#core/store/ref.ts";
import { updateRef } from "#core/store/refs.ts";
import { findLive, requireRef, type Target } from "#core/store/resolve.ts";
import { findRemoved } from "#core/store/resolve-removed.ts";
import { erase, retire } from "#core/store/version-life.ts";

export interface RemoveResult {
  name: string;
  project: string;
  removed: { version: string; tags: string[] }[];
  /** True when they can't be recovered. */
  permanent: boolean;
  /** What `latest` means now; null when nothing is left. */
  latest: string | null;
  /** Files of the Python client that stay where they are. */
  foreign: number;
}

/** @throws RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS */
export async function removeRuntime(ctx: Ctx, params: { uri: string; force: boolean }): Promise<RemoveResult> {
  const target = await localTarget(ctx, params.uri);
  await requireRef(ctx, target);
  const result = await updateRef(ctx, target, (ref) => {
    const chosen = params.force ? chooseAny(ref, target) : chooseLive(ref, target);
    const removed = chosen.map((version) => ({
      version: version.id,
      tags: version.removed_tags ?? tagsOf(ref, version.id),
    }));
    if (params.force) erase(ref, chosen);
    else retire(ref, chosen, ctx.clock.now());
    const foreign = params.force ? chosen.filter(({ adopted }) => adopted).length : 0;
    const latest = ref.tags.latest ?? null;
    return { name: ref.name, project: ref.project, removed, permanent: params.force, latest, foreign };
  });
  if (result.latest === null) await unlinkRuntime(ctx, target);
  return result;
}

function chooseLive(ref: RuntimeRef, target: Target): VersionRef[] {
  if (target.version !== "") return [findLive(ref, target.version)];
  const live = liveVersions(ref);
  if (live.length > 0) return live;
  throw new SwError("RUNTIME_NOT_FOUND", `every version of ${ref.name} has been removed already`, {
    hint: `Remove them for good with: swcli runtime remove -f ${ref.name}`,
  });
}

/** For good: also what was removed before. */
function chooseAny(ref: RuntimeRef, { version }: Target): VersionRef[] {
  if (version === "") return [...ref.versions];
  try {
    return [findLive(ref, version)];
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "VERSION_NOT_FOUND") throw e;
    return [findRemoved(ref, version)];
  }
}
