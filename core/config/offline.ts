/** Whether the network may be used: uv's own variable says it for all of swcli. Tests: test/e2e/bundle.test.ts */
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";

/** A switch of uv: anything but nothing, 0 and false is on. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["", "0", "false"].includes(value.toLowerCase());

export const isOffline = (env: Env): boolean => isOn(env.UV_OFFLINE);

/** The same work without the network, where it was asked for. */
export const offlineCtx = (ctx: Ctx, offline: boolean): Ctx =>
  offline ? { ...ctx, env: { ...ctx.env, UV_OFFLINE: "1" } } : ctx;
