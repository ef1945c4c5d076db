/** `swcli project …` and `instance info` on servers. Tests: test/e2e/server-projects.test.ts */
import * as v from "valibot";
import { readConfig, updateConfig } from "#core/config/config-file.ts";
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { serverOf } from "#core/ops/server-target.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { openState } from "#core/store/state.ts";
import { openServer, type Server } from "#core/transfer/server.ts";
import * as calls from "#core/transfer/server-projects.ts";
import { serverUser, serverVersion } from "#core/transfer/server-user.ts";
import { defaultProject, parseProjectUri } from "#core/uri/parse.ts";
import { formatUri, LOCAL, type ServerProject as ServerProjectUri } from "#core/uri/uri.ts";

export interface ServerProjectRow {
  /** Stays the same when the name is given to another. */
  id: string;
  name: string;
  uri: string;
  owner: string;
  privacy: string;
  description: string;
  created_at: string | null;
  /** null where the server does not count. */
  runtimes: number | null;
  in_use: boolean;
}

interface Named {
  readonly server: Server;
  readonly uri: ServerProjectUri;
}

export async function listServerProjects(ctx: Ctx, params: { instance?: string }): Promise<ServerProjectRow[]> {
  const server = await serverOf(ctx, params.instance);
  const selected = await selectedId(ctx, server);
  const rows = await calls.listProjects(ctx, server);
  return rows.map((project) => toRow(server, project, { selected, counted: true }));
}

export async function serverProjectInfo(ctx: Ctx, params: { project?: string }): Promise<ServerProjectRow> {
  const { server, uri } = await named(ctx, params.project);
  const { id } = await calls.getProject(ctx, server, uri.project);
  // The single answer counts nothing.
  const rows = await calls.listProjects(ctx, server);
  const project = rows.find((row) => row.id === id) ?? (await calls.getProject(ctx, server, id));
  return toRow(server, project, { selected: await selectedId(ctx, server), counted: true });
}

/** @throws NAME_TAKEN, USAGE for a name that the server refuses */
export async function createServerProject(ctx: Ctx, params: { project: string }): Promise<ServerProjectRow> {
  const { server, uri } = await named(ctx, params.project);
  const id = await calls.createProject(ctx, server, { name: uri.project });
  return await rowById(ctx, server, id);
}

/** The config keeps the id, as the Python client does. @throws PROJECT_NOT_FOUND */
export async function selectServerProject(ctx: Ctx, params: { project: string }): Promise<ServerProjectRow> {
  const { server, uri } = await named(ctx, params.project);
  const { alias } = server;
  if (alias === undefined) {
    throw new SwError("USAGE", `nobody is logged in to ${server.base}`, {
      hint: `Log in first: swcli instance login ${server.base} --alias NAME`,
    });
  }
  const { id } = await calls.getProject(ctx, server, uri.project);
  await updateConfig(ctx, (edit) => edit.set(["instances", alias, "current_project"], id));
  return await rowById(ctx, server, id);
}

/** The server forgets the name of a removed project; this machine notes its id. */
export async function removeServerProject(ctx: Ctx, params: { project: string }): Promise<ServerProjectRow> {
  const { server, uri } = await named(ctx, params.project);
  const project = await calls.getProject(ctx, server, uri.project);
  await calls.removeProject(ctx, server, project.id);
  await openState(ctx).setItem(noteKey(server, project.name), { id: project.id });
  return toRow(server, project, { selected: undefined, counted: false });
}

/** By id, or by the name of one that was removed from this machine. @throws PROJECT_NOT_FOUND, USAGE */
export async function recoverServerProject(ctx: Ctx, params: { project: string }): Promise<ServerProjectRow> {
  const { server, uri } = await named(ctx, params.project);
  const id = /^\d+$/.test(uri.project) ? uri.project : ((await notedId(ctx, server, uri.project)) ?? uri.project);
  await calls.recoverProject(ctx, server, id);
  return await rowById(ctx, server, id);
}

async function notedId(ctx: Ctx, server: Server, name: string): Promise<string | undefined> {
  const note = v.safeParse(v.object({ id: v.string() }), await openState(ctx).getItem(noteKey(server, name)));
  return note.success ? note.output.id : undefined;
}

const noteKey = (server: Server, name: string): string =>
  `removed-projects:${sha256Hex(`${server.base} ${name.toLowerCase()}`)}`;

async function named(ctx: Ctx, text: string | undefined): Promise<Named> {
  const config = await uriContext(ctx);
  const uri = text ? parseProjectUri(text, config) : defaultProject(config);
  if (uri.kind === "local") throw new SwError("USAGE", `${text ?? uri.project} is not on a server`);
  return { server: await openServer(ctx, uri), uri };
}

async function selectedId(ctx: Ctx, { alias }: Server): Promise<string | undefined> {
  if (alias === undefined) return undefined;
  return (await readConfig(ctx)).instances[alias]?.currentProject;
}

async function rowById(ctx: Ctx, server: Server, id: string): Promise<ServerProjectRow> {
  const project = await calls.getProject(ctx, server, id);
  return toRow(server, project, { selected: await selectedId(ctx, server), counted: false });
}

function toRow(
  server: Server,
  project: calls.ServerProject,
  { selected, counted }: { selected: string | undefined; counted: boolean },
): ServerProjectRow {
  const { id, name } = project;
  return {
    id,
    name,
    uri: formatUri({ kind: "server", alias: server.alias, base: server.base, project: name }),
    owner: project.owner?.name ?? "",
    privacy: (project.privacy ?? "").toLowerCase(),
    description: project.description ?? "",
    created_at: project.createdTime ? new Date(project.createdTime).toISOString() : null,
    runtimes: counted ? (project.statistics?.runtimeCounts ?? null) : null,
    in_use: id === selected || name === selected,
  };
}

/** Whether the server answers, which version it is, and whom it takes us for; never an error because it does not. */
export async function serverState(ctx: Ctx, params: { instance: string }) {
  const server = await serverOf(ctx, params.instance);
  if (server.alias === LOCAL) throw new SwError("USAGE", "the local instance is no server");
  try {
    const version = await serverVersion(ctx, server);
    const user = await serverUser(ctx, server);
    return { reachable: true, version, user: user.name, role: user.role, problem: null };
  } catch (e) {
    if (!(e instanceof SwError) || e.code === "CANCELLED") throw e;
    const problem = e.hint ? `${e.message}. ${e.hint}` : e.message;
    return { reachable: e.code === "AUTH_FAILED", version: null, user: null, role: null, problem };
  }
}
