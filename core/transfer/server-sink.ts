/**
 * A server as the destination of a copy: one streamed request, sent again only where that can help and do no harm.
 * Tests: test/e2e/copy.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { checkedPackage } from "#core/transfer/checked-package.ts";
import type { PackageBytes, Sink, Source } from "#core/transfer/ends.ts";
import type { UploadBody } from "#core/transfer/http.ts";
import { multipart } from "#core/transfer/multipart.ts";
import { counted } from "#core/transfer/progress.ts";
import { isTransient, withRetries } from "#core/transfer/retry.ts";
import { sameContent } from "#core/transfer/same-content.ts";
import { openServer, serverName } from "#core/transfer/server.ts";
import { apiUrl, attempt, authHeaders, laterError, path } from "#core/transfer/server-call.ts";
import { readProblem, serverError } from "#core/transfer/server-error.ts";
import { checkServerName, checkServerTags } from "#core/transfer/server-names.ts";
import { projectId } from "#core/transfer/server-projects.ts";
import { type RuntimePlace, serverRuntimeIfAny } from "#core/transfer/server-runtimes.ts";
import { putServerTag } from "#core/transfer/server-tags.ts";
import { formatUri, type ServerRuntime } from "#core/uri/uri.ts";

/** @throws PROJECT_NOT_FOUND, AUTH_FAILED */
export async function serverSink(ctx: Ctx, uri: ServerRuntime): Promise<Sink> {
  checkServerName(uri.name);
  const server = await openServer(ctx, uri);
  const place: RuntimePlace = { server, project: await projectId(ctx, server, uri.project), name: uri.name };
  const existing = async (source: Source) => {
    const info = await serverRuntimeIfAny(ctx, place, source.version);
    return info && { manifestText: info.versionMeta };
  };
  return {
    uri: (version) => formatUri({ ...uri, version }),
    check: checkServerTags,
    existing,
    put: async (source, replace) =>
      await withRetries(ctx, serverName(server), async (nth) => {
        // An answer that was lost may have been a yes.
        const arrived = nth > 1 && !replace ? await existing(source) : undefined;
        if (arrived && sameContent(source.manifestText, arrived.manifestText)) return;
        await upload(ctx, place, { source, bytes: await source.bytes(), replace });
      }),
    tag: async (version, tags, move) => {
      const outcomes = [];
      for (const tag of tags) outcomes.push(await putServerTag(ctx, place, { version, tag, move }));
      return outcomes;
    },
  };
}

// The server stores the whole package before it answers.
const ANSWER_MS = 20 * 60_000;

async function upload(
  ctx: Ctx,
  { server, project, name }: RuntimePlace,
  { source, bytes, replace }: { source: Source; bytes: PackageBytes; replace: boolean },
): Promise<void> {
  const { version } = source;
  const fields = { runtime: `${source.name ?? name}:${version}`, project, force: replace ? "1" : "0" };
  const line = { step: "upload", text: `Sending ${name} to ${serverName(server)}`, total: bytes.size };
  const file = { field: "file", filename: `${version}.swrt`, body: bodyOf(ctx, bytes, { version, line }) };
  const { contentType, body } = multipart(fields, file);
  const response = await attempt(ctx, {
    method: "POST",
    url: apiUrl(server, path`/project/${project}/runtime/${name}/version/${version}/file`),
    headers: { ...authHeaders(server), "content-type": contentType },
    body,
    insecureTls: server.insecureTls,
    answerMs: ANSWER_MS,
    bulk: true,
  });
  const what = `can't upload ${name}`;
  if (isTransient(response.status)) throw await laterError(ctx, server, { response, what });
  if (!response.ok) throw serverError(server, await readProblem(response), { what });
  await response.body?.cancel();
}

function bodyOf(
  ctx: Ctx,
  bytes: PackageBytes,
  { version, line }: { version: string; line: { step: string; text: string; total: number | undefined } },
): UploadBody {
  const chunks = () => (bytes.trusted ? bytes.open() : checkedPackage(bytes.open(), version));
  return {
    ...(bytes.size !== undefined && { size: bytes.size }),
    open: () => counted(ctx, line, chunks()),
  };
}
