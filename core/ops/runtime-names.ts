/** Which runtimes the versions of this store belong to. Tests: test/e2e/env.test.ts */
import type { Ctx } from "#core/context.ts";
import { listProjects } from "#core/store/projects.ts";
import { liveVersions } from "#core/store/ref.ts";
import { listRefs } from "#core/store/refs.ts";

/** Version id → `project/name` of every runtime that has it. */
export async function runtimeNames(ctx: Ctx): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  const refs = await Promise.all((await listProjects(ctx)).map((project) => listRefs(ctx, project)));
  for (const ref of refs.flat()) {
    for (const { id } of liveVersions(ref)) names.set(id, [...(names.get(id) ?? []), `${ref.project}/${ref.name}`]);
  }
  return names;
}

export const liveVersionIds = async (ctx: Ctx): Promise<Set<string>> => new Set((await runtimeNames(ctx)).keys());
