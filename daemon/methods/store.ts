/** Handlers of methods on the store as a whole. */
import type { Handlers } from "#daemon/handler.ts";

export const storeHandlers = {
  "store.check": async (ctx) => (await import("#core/ops/check-store.ts")).checkStore(ctx),
  "doctor.machine": async (ctx) => (await import("#core/ops/check-machine.ts")).checkMachine(ctx),
} satisfies Partial<Handlers>;
