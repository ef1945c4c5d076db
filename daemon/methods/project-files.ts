/** Handlers of methods on the files of a person's project. */
import type { Handlers } from "#daemon/dispatch.ts";

export const projectFileHandlers = {
  "runtime.lock": async (ctx, params) => (await import("#core/ops/lock-project.ts")).lockProject(ctx, params),
} satisfies Partial<Handlers>;
