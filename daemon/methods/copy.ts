/** Handlers of copies between instances, and of logging in and out. */
import type { Handlers } from "#daemon/handler.ts";

export const copyHandlers = {
  "runtime.copy": async (ctx, params) => (await import("#core/ops/copy-runtime.ts")).copyRuntime(ctx, params),
  "instance.login": async (ctx, params) => (await import("#core/ops/instance-login.ts")).login(ctx, params),
  "instance.logout": async (ctx, params) => (await import("#core/ops/instance-login.ts")).logout(ctx, params),
} satisfies Partial<Handlers>;
