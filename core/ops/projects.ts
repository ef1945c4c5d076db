/** `swcli project …` on the local instance. Tests: test/e2e/project.test.ts */
import { readConfig, updateConfig } from "#core/config/config-file.ts";
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { dropEntries } from "#core/env/entries-folder.ts";
import { unlinkProject } from "#core/env/links.ts";
import { SwError } from "#core/errors.ts";
import {
  dropFolder,
  listProjects,
  listRemovedProjects,
  makeFolder,
  notFound,
  PROJECT_FORMAT,
  projectCreatedAt,
  projectDir,
  projectExists,
  readProject,
  updateProject,
} from "#core/store/projects.ts";
import { liveVersions } from "#core/store/ref.ts";
import { listRefs } from "#core/store/refs.ts";
import { parseInstanceUri } from "#core/uri/instance.ts";
import { parseProjectUri } from "#core/uri/parse.ts";
import { DEFAULT_PROJECT, LOCAL } from "#core/uri/uri.ts";

export interface ProjectRow {
  name: string;
  /** ISO 8601; null for what nothing tells. */
  created_at: string | null;
  /** Where its folder is. */
  location: string;
  owner: string;
  in_use: boolean;
  removed: boolean;
}

export async function projectList(
  ctx: Ctx,
  params: { instance?: string; show_removed: boolean },
): Promise<ProjectRow[]> {
  const context = await uriContext(ctx);
  const instance = params.instance || context.currentInstance;
  if (parseInstanceUri(instance, context).kind !== "local") throw onServer(`${instance} is a server`);
  const names = await listProjects(ctx);
  const removed = params.show_removed ? (await listRemovedProjects(ctx)).map(({ name }) => name) : [];
  return await Promise.all([...names, ...removed].map((name) => rowOf(ctx, name)));
}

async function rowOf(ctx: Ctx, name: string): Promise<ProjectRow> {
  const { currentInstance, instances } = await readConfig(ctx);
  const local = instances[LOCAL];
  const created = await projectCreatedAt(ctx, name);
  const removed = (await readProject(ctx, name))?.removed_at !== undefined;
  return {
    name,
    created_at: created === undefined ? null : new Date(created).toISOString(),
    location: projectDir(ctx, name),
    owner: local?.userName ?? "",
    in_use: !removed && currentInstance === LOCAL && name === (local?.currentProject ?? DEFAULT_PROJECT),
    removed,
  };
}

export async function projectInfo(ctx: Ctx, params: { project?: string }) {
  const name = await existing(ctx, params.project);
  const refs = await listRefs(ctx, name);
  const versions = refs.map((ref) => liveVersions(ref).length).filter((count) => count > 0);
  return { ...(await rowOf(ctx, name)), runtimes: versions.length, versions: versions.reduce((a, b) => a + b, 0) };
}

/** @throws EXISTS also for a removed one, which can be recovered */
export async function projectCreate(ctx: Ctx, params: { project: string }): Promise<ProjectRow> {
  const name = await localName(ctx, params.project);
  if (await projectExists(ctx, name)) throw new SwError("EXISTS", `there is a project ${name} already`);
  await updateProject(ctx, name, (record) => {
    if (record?.removed_at !== undefined && !record.collected) throw wasRemoved(name);
    return { format: PROJECT_FORMAT, name, created_at: ctx.clock.now() };
  });
  await makeFolder(ctx, name);
  return await rowOf(ctx, name);
}

const wasRemoved = (name: string) =>
  new SwError("EXISTS", `there is a removed project ${name}`, {
    hint: `Bring it back with \`swcli project recover ${name}\`, or let \`swcli gc\` take it for good.`,
  });

export async function projectSelect(ctx: Ctx, params: { project: string }): Promise<ProjectRow> {
  const name = await existing(ctx, params.project);
  await updateConfig(ctx, (edit) => edit.set(["instances", LOCAL, "current_project"], name));
  return await rowOf(ctx, name);
}

/** Its runtimes keep their names and tags for its recovery. Removing the selected one selects `self`. */
export async function projectRemove(ctx: Ctx, params: { project: string }): Promise<ProjectRow> {
  const name = await existing(ctx, params.project);
  if (name === DEFAULT_PROJECT) {
    throw new SwError("USAGE", `the project ${name} can't be removed`, { hint: "It is the one that is always there." });
  }
  const created = (await projectCreatedAt(ctx, name)) ?? ctx.clock.now();
  await updateProject(ctx, name, (record) => ({
    ...(record ?? { format: PROJECT_FORMAT, name, created_at: created }),
    removed_at: ctx.clock.now(),
  }));
  await dropEntries(ctx);
  await unlinkProject(ctx, name);
  await dropFolder(ctx, name);
  await deselect(ctx, name);
  return await rowOf(ctx, name);
}

async function deselect(ctx: Ctx, name: string): Promise<void> {
  const { instances } = await readConfig(ctx);
  if (instances[LOCAL]?.currentProject !== name) return;
  await updateConfig(ctx, (edit) => edit.set(["instances", LOCAL, "current_project"], DEFAULT_PROJECT));
}

export async function projectRecover(ctx: Ctx, params: { project: string }): Promise<ProjectRow> {
  const name = await localName(ctx, params.project);
  await updateProject(ctx, name, async (record) => {
    if (record?.removed_at !== undefined && !record.collected) return { ...record, removed_at: undefined };
    if (await projectExists(ctx, name)) throw new SwError("EXISTS", `the project ${name} is there; it is not removed`);
    throw notFound(name, "What gc has collected can't be recovered.");
  });
  await makeFolder(ctx, name);
  return await rowOf(ctx, name);
}

/** The selected one when none is named. */
async function existing(ctx: Ctx, text: string | undefined): Promise<string> {
  const name = await localName(ctx, text);
  if (await projectExists(ctx, name)) return name;
  throw notFound(name);
}

async function localName(ctx: Ctx, text: string | undefined): Promise<string> {
  const context = await uriContext(ctx);
  if (text === undefined || text === "") {
    if (context.currentInstance !== LOCAL) throw onServer(`the current instance is ${context.currentInstance}`);
    return context.instances[LOCAL]?.currentProject ?? DEFAULT_PROJECT;
  }
  const uri = parseProjectUri(text, context);
  if (uri.kind === "local") return uri.project;
  throw onServer(`${text} is a project of a server; name a local one`);
}

const onServer = (message: string) => new SwError("ON_SERVER", message, { hint: "For example: local/project/self" });
