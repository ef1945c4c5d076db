/**
 * From a URI as typed to a local runtime: config for the defaults, the grammar, then the store.
 * Tests: test/unit/core/ops/target.test.ts
 */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type Resolved, resolveVersion } from "#core/store/resolve.ts";
import { parseProjectUri, parseRuntimeUri } from "#core/uri/parse.ts";

/** Local runtimes only. @throws USAGE for a server's URI, with the copy line that brings it here */
export async function localTarget(ctx: Ctx, uri: string): Promise<{ project: string; name: string; version: string }> {
  const target = parseRuntimeUri(uri, await uriContext(ctx));
  if (target.kind === "local") return target;
  throw new SwError("USAGE", `${uri} is on a server; this command works on local runtimes`, {
    hint: `Bring it here first: swcli runtime copy ${uri} .`,
  });
}

export async function resolveLocal(ctx: Ctx, uri: string): Promise<Resolved> {
  return await resolveVersion(ctx, await localTarget(ctx, uri));
}

/** The project meant by `--project`, else the selected one. */
export async function localProject(ctx: Ctx, project: string | undefined): Promise<string> {
  const context = await uriContext(ctx);
  if (project === undefined || project === "") return context.currentProject ?? "self";
  const uri = parseProjectUri(project, context);
  if (uri.kind === "local") return uri.project;
  throw new SwError("USAGE", `${project} is a project of a server; name a local one`, {
    hint: "For example: --project self",
  });
}

export const localUri = (project: string, name: string, version: string): string =>
  `local/project/${project}/runtime/${name}/version/${version}`;
