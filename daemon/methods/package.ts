/** Handlers of methods on packages. */
import type { Handlers } from "#daemon/handler.ts";

export const packageHandlers = {
  "runtime.bundle": async (ctx, params) => (await import("#core/ops/bundle-runtime.ts")).bundleRuntime(ctx, params),
  "runtime.extract": async (ctx, params) => (await import("#core/ops/extract-runtime.ts")).extractRuntime(ctx, params),
  "runtime.import": async (ctx, params) => (await import("#core/ops/import-package.ts")).importPackage(ctx, params),
} satisfies Partial<Handlers>;
