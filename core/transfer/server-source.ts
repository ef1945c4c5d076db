/**
 * A server's version as the source of a copy: its bytes come as a stream without a length, and a broken one is asked for
 * again from the start, since the server knows no ranges. Tests: test/e2e/copy.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { takePackage } from "#core/store/take-package.ts";
import type { PackageBytes, Source } from "#core/transfer/ends.ts";
import { bodyChunks } from "#core/transfer/http.ts";
import { counted } from "#core/transfer/progress.ts";
import { isTransient, TryAgain, withRetries } from "#core/transfer/retry.ts";
import { openServer, serverName } from "#core/transfer/server.ts";
import { apiUrl, attempt, authHeaders, laterError, path } from "#core/transfer/server-call.ts";
import { readProblem, serverError } from "#core/transfer/server-error.ts";
import { projectId } from "#core/transfer/server-projects.ts";
import { findServerVersion, type RuntimePlace } from "#core/transfer/server-runtimes.ts";
import { serverTags } from "#core/transfer/server-tags.ts";
import { formatUri, type ServerRuntime } from "#core/uri/uri.ts";

/** @throws PROJECT_NOT_FOUND, RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS, AUTH_FAILED */
export async function serverSource(ctx: Ctx, uri: ServerRuntime): Promise<Source> {
  const server = await openServer(ctx, uri);
  const project = await projectId(ctx, server, uri.project);
  const asked: RuntimePlace = { server, project, name: uri.name };
  const info = await findServerVersion(ctx, asked, uri.version);
  const version = info.versionName;
  const place = { ...asked, name: info.name };
  const full = formatUri({ ...uri, name: info.name, version });
  return {
    uri: full,
    origin: full,
    name: info.name,
    version,
    tags: await serverTags(ctx, place, version),
    manifestText: info.versionMeta,
    store: async () =>
      await withRetries(ctx, serverName(server), async () => {
        const { open } = await download(ctx, place, version);
        const line = { step: "download", text: `Fetching ${info.name} from ${serverName(server)}` };
        return (await takePackage(ctx, counted(ctx, line, open()), version)).version;
      }),
    bytes: async () => await withRetries(ctx, serverName(server), async () => await download(ctx, place, version)),
  };
}

/** The head of the answer is there when this returns; reading may still throw TryAgain. */
async function download(ctx: Ctx, { server, project, name }: RuntimePlace, version: string): Promise<PackageBytes> {
  const what = `can't download ${name}`;
  const response = await attempt(ctx, {
    method: "GET",
    url: apiUrl(server, path`/project/${project}/runtime/${name}/version/${version}/file`),
    // gzip would only cost time: packages hold wheels.
    headers: { ...authHeaders(server), "accept-encoding": "identity" },
    insecureTls: server.insecureTls,
    bulk: true,
  });
  if (isTransient(response.status)) throw await laterError(ctx, server, { response, what });
  if (!response.ok) {
    throw serverError(server, await readProblem(response), { what, notFound: "VERSION_NOT_FOUND" });
  }
  return { size: undefined, trusted: false, open: () => bodyChunks(ctx, response, (error) => new TryAgain(error)) };
}
