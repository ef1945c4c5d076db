/**
 * Runtimes of a server's project: finding a version by whatever people write, listing, history.
 * Tests: test/e2e/copy.test.ts, test/e2e/server-runtimes.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { type Server, serverName } from "#core/transfer/server.ts";
import { ask, type Call, call, path } from "#core/transfer/server-call.ts";
import { serverError } from "#core/transfer/server-error.ts";
import {
  pageOf,
  RuntimeInfoVo,
  RuntimeVo,
  type ServerRuntimeInfo,
  type ServerRuntimeRow,
  type ServerVersion,
  VersionVo,
} from "#core/transfer/server-values.ts";

/** A runtime on a server, as calls name it. */
export interface RuntimePlace {
  readonly server: Server;
  /** The project's id. */
  readonly project: string;
  /** A name, or an id. */
  readonly name: string;
}

const PAGE = 100;
// Shorter beginnings are typing mistakes more often than versions.
const MIN_PREFIX = 4;

/**
 * One version, by id, full version, tag, `vN`, `latest` ("" too) or the unique beginning of a version.
 * @throws RUNTIME_NOT_FOUND, VERSION_NOT_FOUND, AMBIGUOUS
 */
export async function findServerVersion(ctx: Ctx, place: RuntimePlace, version: string): Promise<ServerRuntimeInfo> {
  const found = await serverVersionIfAny(ctx, place, version);
  if (found) return found;
  const full = await byBeginning(ctx, place, version);
  const again = full && (await serverVersionIfAny(ctx, place, full));
  if (again) return again;
  throw new SwError(
    "VERSION_NOT_FOUND",
    `no version or tag ${version} of ${place.name} on ${serverName(place.server)}`,
    {
      hint: "`swcli runtime history URI` shows its versions.",
    },
  );
}

/** undefined when the runtime is there and the version is not. @throws RUNTIME_NOT_FOUND */
async function serverVersionIfAny(
  ctx: Ctx,
  place: RuntimePlace,
  version: string,
): Promise<ServerRuntimeInfo | undefined> {
  const get = infoCall(place, version);
  const answer = await ask(ctx, place.server, get, RuntimeInfoVo);
  if (answer.ok) return answer.data;
  if (answer.problem.code === "NOT FOUND: 004") return undefined;
  throw serverError(place.server, answer.problem, get);
}

/** The runtime's latest version, or undefined when the server has no runtime of that name. */
export async function serverRuntimeIfAny(
  ctx: Ctx,
  place: RuntimePlace,
  version: string,
): Promise<ServerRuntimeInfo | undefined> {
  const get = infoCall(place, version);
  const answer = await ask(ctx, place.server, get, RuntimeInfoVo);
  if (answer.ok) return answer.data;
  if (answer.problem.status === 404 && /^NOT FOUND: 00[34]$/.test(answer.problem.code)) return undefined;
  throw serverError(place.server, answer.problem, get);
}

const infoCall = ({ project, name }: RuntimePlace, version: string): Call => ({
  method: "GET",
  path: path`/project/${project}/runtime/${name}`,
  query: { versionUrl: version || "latest" },
  what: `no runtime ${name}`,
  notFound: "RUNTIME_NOT_FOUND",
});

async function byBeginning(ctx: Ctx, place: RuntimePlace, prefix: string): Promise<string | undefined> {
  if (prefix.length < MIN_PREFIX) return undefined;
  const found: ServerVersion[] = [];
  for await (const row of allVersions(ctx, place)) if (row.name.startsWith(prefix)) found.push(row);
  if (found.length <= 1) return found[0]?.name;
  const lines = found.map((row) => `  ${row.name}  ${[row.alias, ...row.tags].join(", ")}`.trimEnd());
  throw new SwError(
    "AMBIGUOUS",
    `${prefix} is the beginning of ${found.length} versions of ${place.name}:\n${lines.join("\n")}`,
    { hint: "Write more of the version, or a tag.", detail: { candidates: found.map((row) => row.name) } },
  );
}

/** Newest first. */
export async function* allVersions(ctx: Ctx, place: RuntimePlace): AsyncGenerator<ServerVersion> {
  for (let page = 1, seen = 0; ; page++) {
    const { list, total } = await versionsPage(ctx, place, { page, size: PAGE });
    yield* list;
    seen += list.length;
    if (list.length === 0 || seen >= total) return;
  }
}

export interface Page {
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

export async function versionsPage(ctx: Ctx, { server, project, name }: RuntimePlace, { page, size }: Page) {
  const get: Call = {
    method: "GET",
    path: path`/project/${project}/runtime/${name}/version`,
    query: { pageNum: page, pageSize: size },
    what: `can't list the versions of ${name}`,
    notFound: "RUNTIME_NOT_FOUND",
  };
  return await call(ctx, server, get, pageOf(VersionVo));
}

/** One row a runtime, with its latest version. The server matches `name` anywhere and ignores `latest`. */
export async function runtimesPage(
  ctx: Ctx,
  { server, project }: Pick<RuntimePlace, "server" | "project">,
  want: Page & { name?: string; owner?: string },
): Promise<{ total: number; list: ServerRuntimeRow[] }> {
  const get: Call = {
    method: "GET",
    path: path`/project/${project}/runtime`,
    query: { pageNum: want.page, pageSize: want.size, name: want.name, owner: want.owner },
    what: "can't list runtimes",
    notFound: "PROJECT_NOT_FOUND",
  };
  return await call(ctx, server, get, pageOf(RuntimeVo));
}
