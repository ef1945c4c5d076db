/** Handlers of methods on environments. */
import type { Handlers } from "#daemon/handler.ts";

export const envHandlers = {
  "runtime.activation": async (ctx, params) =>
    (await import("#core/ops/activate-runtime.ts")).answerActivation(ctx, params),
  "env.prepare": async (ctx, params) => (await import("#core/ops/activate-runtime.ts")).prepareEnv(ctx, params),
} satisfies Partial<Handlers>;
