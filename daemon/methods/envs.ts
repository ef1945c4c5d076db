/** Handlers of methods on environments as things of their own. */
import type { Handlers } from "#daemon/handler.ts";

export const envsHandlers = {
  "env.pip": async (ctx, params) => (await import("#core/ops/env-pip.ts")).envPip(ctx, params),
  "env.writable": async (ctx, params) => (await import("#core/ops/enter-writable.ts")).enterWritable(ctx, params),
  "env.list": async (ctx) => (await import("#core/ops/envs.ts")).listEnvs(ctx),
  "env.info": async (ctx, params) => (await import("#core/ops/envs.ts")).envInfo(ctx, params),
  "env.remove": async (ctx, params) => (await import("#core/ops/envs.ts")).removeEnv(ctx, params),
  "env.verify": async (ctx, params) => (await import("#core/ops/verify-env.ts")).verifyEnvs(ctx, params),
  "env.prune": async (ctx, params) => (await import("#core/ops/envs.ts")).pruneEnvs(ctx, params),
} satisfies Partial<Handlers>;
