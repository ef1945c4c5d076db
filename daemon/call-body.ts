/**
 * What a client sends with a call. Parsed like everything from outside: a peer that sends something else is told so, and
 * is not our bug. Tests: test/unit/daemon/server.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import type { CallBody } from "#core/protocol/wire.ts";

export const CallSchema = v.object({
  params: v.unknown(),
  client: v.object({ cwd: v.string(), env: v.record(v.string(), v.string()) }),
});

const BodySchema = v.object({ ...CallSchema.entries, detach: v.exactOptional(v.boolean()) });

/** @throws SwError USAGE */
export async function readCallBody(request: Request): Promise<CallBody> {
  const json: unknown = await request.json().catch((e: unknown) => {
    throw new SwError("USAGE", "the call's body is not JSON", { cause: e });
  });
  const parsed = v.safeParse(BodySchema, json);
  if (parsed.success) return { ...parsed.output, params: parsed.output.params };
  const issue = parsed.issues[0];
  throw new SwError("USAGE", `the call's body: ${v.getDotPath(issue) ?? "all of it"}: ${issue.message}`);
}
