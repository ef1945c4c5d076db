/** Handlers of methods for hooked shells. */
import type { Handlers } from "#daemon/handler.ts";

export const shellHandlers = {
  "shell.hook": async (ctx, params) => (await import("#core/ops/shell-hook.ts")).shellHook(ctx, params),
  "shell.enter": async (ctx, params) => (await import("#core/ops/enter-shell.ts")).enterShell(ctx, params),
  "shell.complete": async (ctx, params) => (await import("#core/ops/complete.ts")).complete(ctx, params),
  "runtime.allow": async (ctx, params) => (await import("#core/ops/allow-folder.ts")).allowFolder(ctx, params),
} satisfies Partial<Handlers>;
