/** Handlers of methods on environments as things of their own. */
import type { Handlers } from "#daemon/dispatch.ts";

export const envsHandlers = {
  "env.pip": async (ctx, params) => (await import("#core/ops/env-pip.ts")).envPip(ctx, params),
  "env.writable": async (ctx, params) => (await import("#core/ops/enter-writable.ts")).enterWritable(ctx, params),
} satisfies Partial<Handlers>;
