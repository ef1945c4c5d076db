/** Handlers of methods on the life of versions. */
import type { Handlers } from "#daemon/handler.ts";

export const lifecycleHandlers = {
  "runtime.tag": async (ctx, params) => (await import("#core/ops/tag-runtime.ts")).tagRuntime(ctx, params),
  "runtime.remove": async (ctx, params) => (await import("#core/ops/remove-runtime.ts")).removeRuntime(ctx, params),
  "runtime.recover": async (ctx, params) => (await import("#core/ops/recover-runtime.ts")).recoverRuntime(ctx, params),
  gc: async (ctx, params) => (await import("#core/ops/collect-garbage.ts")).collectGarbage(ctx, params),
} satisfies Partial<Handlers>;
