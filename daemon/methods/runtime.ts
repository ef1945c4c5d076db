/** Handlers of methods on runtimes: parameters in, one use case of core/ops, result out; each is loaded when first called. */
import type { Handlers } from "#daemon/handler.ts";

export const runtimeHandlers = {
  "runtime.build": async (ctx, params) => (await import("#core/ops/build-runtime.ts")).buildRuntime(ctx, params),
  "runtime.recall": async (ctx, params) => (await import("#core/ops/recall-build.ts")).recallBuild(ctx, params),
  "runtime.list": async (ctx, params) => (await import("#core/ops/list-memo.ts")).listRemembered(ctx, params),
  "runtime.history": async (ctx, params) => (await import("#core/ops/list-runtimes.ts")).runtimeHistory(ctx, params),
  "runtime.info": async (ctx, params) => (await import("#core/ops/runtime-info.ts")).runtimeInfo(ctx, params),
  "runtime.bundle-info": async (ctx, params) => (await import("#core/ops/bundle-info.ts")).bundleInfo(ctx, params),
} satisfies Partial<Handlers>;
