/**
 * Tags of a server's versions. The server never moves a tag, also not by force: it is taken from its old version first.
 * Tests: test/e2e/copy.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { ask, type Call, call, path } from "#core/transfer/server-call.ts";
import { serverError } from "#core/transfer/server-error.ts";
import { allVersions, type RuntimePlace } from "#core/transfer/server-runtimes.ts";

/** What happened to a tag: `kept` stays with another version. */
export type TagOutcome =
  | { tag: string; state: "added" | "there" | "moved" }
  | { tag: string; state: "kept"; by: string };

/** Without `latest` and `vN`. */
export async function serverTags(ctx: Ctx, place: RuntimePlace, version: string): Promise<string[]> {
  return await call(ctx, place.server, tagCall(place, { version, method: "GET" }), v.array(v.string()));
}

/** @param move takes the tag from the version that has it */
export async function putServerTag(
  ctx: Ctx,
  place: RuntimePlace,
  { version, tag, move }: { version: string; tag: string; move: boolean },
): Promise<TagOutcome> {
  if (await addTag(ctx, place, { version, tag })) return { tag, state: "added" };
  const owner = await tagOwner(ctx, place, tag);
  if (owner === version) return { tag, state: "there" };
  if (owner !== undefined && !move) return { tag, state: "kept", by: owner };
  if (owner !== undefined) await deleteTag(ctx, place, { version: owner, tag });
  const post = tagCall(place, { version, method: "POST", json: { tag } });
  await call(ctx, place.server, post, v.unknown());
  return { tag, state: "moved" };
}

/** False when some version of the runtime has it. */
async function addTag(ctx: Ctx, place: RuntimePlace, { version, tag }: { version: string; tag: string }) {
  const post = tagCall(place, { version, method: "POST", json: { tag } });
  const answer = await ask(ctx, place.server, post, v.unknown());
  if (answer.ok) return true;
  if (answer.problem.status === 400 && /already exist/i.test(answer.problem.message)) return false;
  throw serverError(place.server, answer.problem, post);
}

async function deleteTag(ctx: Ctx, place: RuntimePlace, { version, tag }: { version: string; tag: string }) {
  await call(ctx, place.server, tagCall(place, { version, method: "DELETE", tag }), v.unknown());
}

/** From the history, which says the full version where the tag's own call says a number only. */
async function tagOwner(ctx: Ctx, place: RuntimePlace, tag: string): Promise<string | undefined> {
  for await (const row of allVersions(ctx, place)) if (row.tags.includes(tag)) return row.name;
  return undefined;
}

function tagCall(
  { project, name }: RuntimePlace,
  { version, method, json, tag }: { version: string; method: Call["method"]; json?: unknown; tag?: string },
): Call {
  const base = path`/project/${project}/runtime/${name}/version/${version}/tag`;
  return {
    method,
    path: tag === undefined ? base : `${base}${path`/${tag}`}`,
    json,
    what: `can't change tags of ${name}`,
  };
}
