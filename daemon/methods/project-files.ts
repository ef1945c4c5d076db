/** Handlers of methods on the files of a person's project. */
import type { Handlers } from "#daemon/handler.ts";

export const projectFileHandlers = {
  "runtime.lock": async (ctx, params) => (await import("#core/ops/lock-project.ts")).lockProject(ctx, params),
  "quickstart.shell": async (ctx, params) =>
    (await import("#core/ops/quickstart-shell.ts")).quickstartShell(ctx, params),
  "quickstart.uri": async (ctx, params) => (await import("#core/ops/quickstart-uri.ts")).quickstartUri(ctx, params),
} satisfies Partial<Handlers>;
