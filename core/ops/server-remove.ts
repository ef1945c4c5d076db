/**
 * `runtime remove` and `recover` on a server, which knows only whole runtimes. Tests: test/e2e/server-runtimes.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { serverPlace } from "#core/ops/server-target.ts";
import { serverName } from "#core/transfer/server.ts";
import { allVersions, type RuntimePlace } from "#core/transfer/server-runtimes.ts";
import { listTrash, purgeTrash, recoverTrash, trashRuntime } from "#core/transfer/server-trash.ts";
import type { ServerRuntime } from "#core/uri/uri.ts";

export interface ServerChange {
  name: string;
  project: string;
  uri: string;
  versions: { version: string; tags: string[] }[];
  permanent: boolean;
}

/**
 * Into the trash, and with `force` out of it for good, what was there before included.
 * @throws RUNTIME_NOT_FOUND, USAGE for a version
 */
export async function removeOnServer(ctx: Ctx, params: { uri: string; force: boolean }): Promise<ServerChange> {
  const { place, uri } = await wholeRuntime(ctx, params.uri, "remove");
  const versions = await versionsIfAny(ctx, place);
  const before = params.force ? await listTrash(ctx, place, place.name) : [];
  if (versions !== undefined || before.length === 0) await trashRuntime(ctx, place);
  if (params.force) {
    for (const entry of await listTrash(ctx, place, place.name)) await purgeTrash(ctx, place, entry);
  }
  return change(uri, params, { versions: versions ?? [], permanent: params.force });
}

/** The newest removed one of that name. @throws RUNTIME_NOT_FOUND, EXISTS, USAGE for a version */
export async function recoverOnServer(ctx: Ctx, params: { uri: string }): Promise<ServerChange> {
  const { place, uri } = await wholeRuntime(ctx, params.uri, "recover");
  const [newest, ...older] = await listTrash(ctx, place, place.name);
  if (newest === undefined) {
    throw new SwError("RUNTIME_NOT_FOUND", `the trash of ${serverName(place.server)} has no runtime ${place.name}`, {
      hint: "`swcli runtime list --show-removed --project …` shows what can be recovered.",
    });
  }
  if (older.length > 0) ctx.report.warn(`${older.length} older removed runtimes ${place.name} stay in the trash`);
  await recoverTrash(ctx, place, newest);
  return change(uri, params, { versions: (await versionsIfAny(ctx, place)) ?? [], permanent: false });
}

async function wholeRuntime(ctx: Ctx, text: string, verb: string) {
  const target = await serverPlace(ctx, text);
  if (target.uri.version === "") return target;
  throw new SwError("USAGE", `a server can ${verb} whole runtimes only, not the version ${target.uri.version}`, {
    hint: `Leave the version out to ${verb} ${target.uri.name} with all its versions.`,
  });
}

/** undefined when the runtime is not there. */
async function versionsIfAny(ctx: Ctx, place: RuntimePlace): Promise<ServerChange["versions"] | undefined> {
  const versions: ServerChange["versions"] = [];
  try {
    for await (const row of allVersions(ctx, place)) versions.push({ version: row.name, tags: [...row.tags] });
    return versions;
  } catch (e) {
    if (e instanceof SwError && e.code === "RUNTIME_NOT_FOUND") return undefined;
    throw e;
  }
}

const change = (
  uri: ServerRuntime,
  params: { uri: string },
  done: Pick<ServerChange, "versions" | "permanent">,
): ServerChange => ({ name: uri.name, project: uri.project, uri: params.uri, ...done });
