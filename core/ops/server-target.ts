/** From a URI as typed to a runtime or project of a server. Tests: test/e2e/server-runtimes.test.ts */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { openServer, type Server } from "#core/transfer/server.ts";
import { projectId } from "#core/transfer/server-projects.ts";
import type { RuntimePlace } from "#core/transfer/server-runtimes.ts";
import { parseInstanceUri } from "#core/uri/instance.ts";
import { defaultProject, parseProjectUri, parseRuntimeUri } from "#core/uri/parse.ts";
import { LOCAL, type ServerProject, type ServerRuntime } from "#core/uri/uri.ts";

/** @throws PROJECT_NOT_FOUND */
export async function serverPlace(ctx: Ctx, text: string): Promise<{ place: RuntimePlace; uri: ServerRuntime }> {
  const uri = parseRuntimeUri(text, await uriContext(ctx));
  if (uri.kind === "local") throw notThere(text);
  const server = await openServer(ctx, uri);
  return { place: { server, project: await projectId(ctx, server, uri.project), name: uri.name }, uri };
}

/** The project named, else the selected one. */
export async function serverProjectPlace(
  ctx: Ctx,
  text: string | undefined,
): Promise<{ place: { server: Server; project: string }; uri: ServerProject }> {
  const config = await uriContext(ctx);
  const uri = text ? parseProjectUri(text, config) : defaultProject(config);
  if (uri.kind === "local") throw notThere(text ?? "");
  const server = await openServer(ctx, uri);
  return { place: { server, project: await projectId(ctx, server, uri.project) }, uri };
}

/** An alias or address; the current instance where none is named. */
export async function serverOf(ctx: Ctx, text: string | undefined): Promise<Server> {
  const config = await uriContext(ctx);
  const instance = parseInstanceUri(text || config.currentInstance, config);
  if (instance.kind === "local") throw notThere(text ?? LOCAL);
  return await openServer(ctx, instance);
}

const notThere = (text: string) => new SwError("USAGE", `${JSON.stringify(text)} is not on a server`);
