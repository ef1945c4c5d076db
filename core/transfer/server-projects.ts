/**
 * Projects of a server: a name becomes its id once, and the calls that list, make, remove and bring back.
 * Tests: test/e2e/server-projects.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type Server, serverName } from "#core/transfer/server.ts";
import { ask, call, path } from "#core/transfer/server-call.ts";
import { serverError } from "#core/transfer/server-error.ts";
import { NAME_RULE, SERVER_NAME } from "#core/transfer/server-names.ts";
import { Id, OwnerVo, pageOf } from "#core/transfer/server-values.ts";

const ProjectVo = v.looseObject({
  id: Id,
  name: v.string(),
  description: v.nullish(v.string(), ""),
  privacy: v.nullish(v.string(), ""),
  createdTime: v.nullish(v.number(), 0),
  owner: v.nullish(OwnerVo),
  /** Zero in the single get, whatever there is. */
  statistics: v.nullish(v.looseObject({ runtimeCounts: v.nullish(v.number(), 0) })),
});

export type ServerProject = v.InferOutput<typeof ProjectVo>;

/** The id of a project by name, `owner:name` or id. @throws PROJECT_NOT_FOUND */
export async function projectId(ctx: Ctx, server: Server, project: string): Promise<string> {
  if (/^\d+$/.test(project)) return project;
  return (await getProject(ctx, server, project)).id;
}

export async function getProject(ctx: Ctx, server: Server, project: string): Promise<ServerProject> {
  const what = `no project ${project}`;
  const get = { method: "GET", path: path`/project/${project}`, what, notFound: "PROJECT_NOT_FOUND" } as const;
  return await call(ctx, server, get, ProjectVo);
}

/** All of them: the server ignores pages here. */
export async function listProjects(ctx: Ctx, server: Server): Promise<ServerProject[]> {
  const get = { method: "GET", path: "/project", what: "can't list projects" } as const;
  return (await call(ctx, server, { ...get, query: { pageNum: 1, pageSize: 1000 } }, pageOf(ProjectVo))).list;
}

/** @returns the new id. @throws USAGE for a name that the server refuses, NAME_TAKEN */
export async function createProject(
  ctx: Ctx,
  server: Server,
  { name, description = "" }: { name: string; description?: string },
): Promise<string> {
  if (!SERVER_NAME.test(name)) {
    throw new SwError("USAGE", `${JSON.stringify(name)} can't be a project on ${serverName(server)}`, {
      hint: NAME_RULE,
    });
  }
  const json = { projectName: name, privacy: "PRIVATE", description };
  const post = { method: "POST", path: "/project", json, what: `can't create ${name}` } as const;
  const answer = await ask(ctx, server, post, Id);
  if (answer.ok) return answer.data;
  if (answer.problem.code === "INVALID REQUEST: PROJECT") {
    throw new SwError("NAME_TAKEN", `${serverName(server)} has a project ${name} already`);
  }
  throw serverError(server, answer.problem, post);
}

export async function removeProject(ctx: Ctx, server: Server, project: string): Promise<void> {
  const what = { what: `can't remove ${project}`, notFound: "PROJECT_NOT_FOUND" } as const;
  await call(ctx, server, { method: "DELETE", path: path`/project/${project}`, ...what }, v.unknown());
}

/** A removed project has only its id left: the server does not find it by name. */
export async function recoverProject(ctx: Ctx, server: Server, project: string): Promise<void> {
  if (!/^\d+$/.test(project)) {
    throw new SwError("USAGE", `a removed project of a server is recovered by its id, not by ${project}`, {
      hint: "The id was shown by `swcli project info` and when it was removed.",
    });
  }
  const what = { what: `can't recover ${project}`, notFound: "PROJECT_NOT_FOUND" } as const;
  await call(ctx, server, { method: "PUT", path: path`/project/${project}/recover`, ...what }, v.unknown());
}
