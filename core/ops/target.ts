/**
 * From a URI as typed to a local runtime: config for the defaults, the grammar, then the store.
 * Tests: test/e2e/info.test.ts, test/e2e/remove.test.ts
 */
import { uriContext } from "#core/config/uri-context.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { unswept } from "#core/store/gc-lock.ts";
import { noteKept } from "#core/store/kept.ts";
import { refuseRemoved } from "#core/store/projects.ts";
import { type Resolved, resolveVersion } from "#core/store/resolve.ts";
import { parseOciUri } from "#core/uri/oci-uri.ts";
import { parseProjectUri, parseRuntimeUri } from "#core/uri/parse.ts";
import { DEFAULT_PROJECT, LOCAL, type LocalRuntime, type UriContext } from "#core/uri/uri.ts";

/** Local runtimes only. @throws ON_SERVER for a server's URI, with the copy line that brings it here */
export async function localTarget(ctx: Ctx, uri: string): Promise<LocalRuntime> {
  const target = parseOciUri(uri) ?? parseRuntimeUri(uri, await uriContext(ctx));
  if (target.kind === "local") {
    await refuseRemoved(ctx, target.project);
    return target;
  }
  throw new SwError("ON_SERVER", `${uri} is not on this machine; this command works on local runtimes`, {
    hint: `Bring it here first: \`swcli runtime copy ${uri} .\``,
  });
}

/** What an operation resolves stays in the store until its end, also when somebody removes it meanwhile. */
export async function resolveLocal(ctx: Ctx, uri: string): Promise<Resolved> {
  const target = await localTarget(ctx, uri);
  if (ctx.lease === undefined) return await resolveVersion(ctx, target);
  return await unswept(ctx, async () => {
    const resolved = await resolveVersion(ctx, target);
    noteKept(ctx, resolved.version.id);
    return resolved;
  });
}

/** The project meant by `--project`, else the selected one of this machine, also while a server is selected. */
export async function localProject(ctx: Ctx, project: string | undefined): Promise<string> {
  const context = await uriContext(ctx);
  if (project === undefined || project === "") return await notRemoved(ctx, selectedHere(context));
  const uri = parseOciUri(project) ?? parseProjectUri(project, context);
  if (uri.kind === "local") return await notRemoved(ctx, uri.project);
  throw new SwError("ON_SERVER", `${project} is not on this machine; name a local one`, {
    hint: "For example: --project local/project/self",
  });
}

function selectedHere({ currentInstance, currentProject, instances }: UriContext): string {
  return (currentInstance === LOCAL ? currentProject : instances[LOCAL]?.currentProject) || DEFAULT_PROJECT;
}

async function notRemoved(ctx: Ctx, project: string): Promise<string> {
  await refuseRemoved(ctx, project);
  return project;
}

export const localUri = (project: string, name: string, version: string): string =>
  `local/project/${project}/runtime/${name}/version/${version}`;
