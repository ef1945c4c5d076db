/** Whether the network may be used: uv's own variable says it for all of swcli. Tests: test/e2e/bundle.test.ts */
import type { Ctx } from "#core/context.ts";
import type { Env } from "#core/platform/env.ts";

/** A switch of uv: anything but nothing, 0 and false is on. */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && !["", "0", "false"].includes(value.toLowerCase());

/** What to do about packages that are not here. */
export const OFFLINE_HINT =
  "Import a bundle with them (`swcli runtime bundle URI --file FILE` where there is a network, `swcli runtime import -f FILE` here), or repeat the command without --offline and UV_OFFLINE.";

export const isOffline = (env: Env): boolean => isOn(env.UV_OFFLINE);

/** The same work without the network, where it was asked for. */
export const offlineCtx = (ctx: Ctx, offline: boolean): Ctx =>
  offline ? { ...ctx, env: { ...ctx.env, UV_OFFLINE: "1" } } : ctx;
