/** Handlers of methods on images. */
import type { Handlers } from "#daemon/handler.ts";

export const imageHandlers = {
  "runtime.dockerize": async (ctx, params) =>
    (await import("#core/ops/dockerize-runtime.ts")).dockerizeRuntime(ctx, params),
} satisfies Partial<Handlers>;
