/** Who a server takes us for, and what it is. Tests: test/e2e/server-projects.test.ts */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import type { Server } from "#core/transfer/server.ts";
import { call } from "#core/transfer/server-call.ts";

const UserVo = v.looseObject({ name: v.string(), systemRole: v.nullish(v.string(), "") });
const VersionVo = v.looseObject({ version: v.nullish(v.string(), "") });

/** @throws AUTH_FAILED when the token has ended */
export async function serverUser(ctx: Ctx, server: Server): Promise<{ name: string; role: string }> {
  const user = await call(ctx, server, { method: "GET", path: "/user/current", what: "can't read the user" }, UserVo);
  return { name: user.name, role: (user.systemRole ?? "").toLowerCase() };
}

export async function serverVersion(ctx: Ctx, server: Server): Promise<string> {
  const get = { method: "GET", path: "/system/version", what: "can't read the version" } as const;
  return (await call(ctx, server, get, VersionVo)).version ?? "";
}
