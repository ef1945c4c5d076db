/**
 * A server's trash: it removes whole runtimes only, and brings them back by the entry of its trash (its own call for
 * recovering always fails). Tests: test/e2e/server-runtimes.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { serverName } from "#core/transfer/server.ts";
import { ask, type Call, call, path } from "#core/transfer/server-call.ts";
import { serverError } from "#core/transfer/server-error.ts";
import type { RuntimePlace } from "#core/transfer/server-runtimes.ts";
import { Id, pageOf } from "#core/transfer/server-values.ts";

const TrashVo = v.looseObject({
  id: Id,
  name: v.string(),
  /** Unix ms. */
  trashedTime: v.nullish(v.number(), 0),
});

export type TrashEntry = v.InferOutput<typeof TrashVo>;

const PAGE = 100;

/** Removed runtimes, newest first; of one exact name where one is given. */
export async function listTrash(
  ctx: Ctx,
  { server, project }: Pick<RuntimePlace, "server" | "project">,
  name?: string,
): Promise<TrashEntry[]> {
  const found: TrashEntry[] = [];
  for (let page = 1, seen = 0; ; page++) {
    const get: Call = {
      method: "GET",
      path: path`/project/${project}/trash`,
      query: { type: "RUNTIME", name, pageNum: page, pageSize: PAGE },
      what: "can't read the trash",
      notFound: "PROJECT_NOT_FOUND",
    };
    const { list, total } = await call(ctx, server, get, pageOf(TrashVo));
    found.push(...list);
    seen += list.length;
    if (list.length === 0 || seen >= total) break;
  }
  // The server matches anywhere in the name.
  const exact = found.filter((entry) => name === undefined || entry.name === name);
  return exact.sort((a, b) => (b.trashedTime ?? 0) - (a.trashedTime ?? 0));
}

/** The whole runtime into the trash. @throws RUNTIME_NOT_FOUND */
export async function trashRuntime(ctx: Ctx, { server, project, name }: RuntimePlace): Promise<void> {
  const what = { what: `can't remove ${name}`, notFound: "RUNTIME_NOT_FOUND" } as const;
  await call(ctx, server, { method: "DELETE", path: path`/project/${project}/runtime/${name}`, ...what }, v.unknown());
}

/** Out of the trash for good. */
export async function purgeTrash(ctx: Ctx, { server, project, name }: RuntimePlace, entry: TrashEntry): Promise<void> {
  const what = `can't remove ${name} for good`;
  await call(ctx, server, { method: "DELETE", path: path`/project/${project}/trash/${entry.id}`, what }, v.unknown());
}

/** @throws EXISTS when the name has been given anew */
export async function recoverTrash(ctx: Ctx, place: RuntimePlace, entry: TrashEntry): Promise<void> {
  const { server, project, name } = place;
  const put: Call = { method: "PUT", path: path`/project/${project}/trash/${entry.id}`, what: `can't recover ${name}` };
  const answer = await ask(ctx, server, put, v.unknown());
  if (answer.ok) return;
  if (answer.problem.status !== 400 || !/already exist/i.test(answer.problem.message)) {
    throw serverError(server, answer.problem, put);
  }
  throw new SwError("EXISTS", `${serverName(server)} has a runtime ${name} again since the other was removed`, {
    hint: "Remove or copy away the new one first.",
  });
}
