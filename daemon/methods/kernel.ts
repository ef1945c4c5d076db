/** Handlers of methods on Jupyter kernels. */
import type { Handlers } from "#daemon/handler.ts";

export const kernelHandlers = {
  "kernel.add": async (ctx, params) => (await import("#core/ops/kernels.ts")).addKernel(ctx, params),
  "kernel.list": async (ctx) => (await import("#core/ops/kernel-specs.ts")).listKernels(ctx),
  "kernel.remove": async (ctx, params) => (await import("#core/ops/kernels.ts")).removeKernel(ctx, params),
} satisfies Partial<Handlers>;
