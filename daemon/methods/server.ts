/** Handlers of methods on runtimes and projects of servers. */
import type { Handlers } from "#daemon/dispatch.ts";

const runtimes = async () => await import("#core/ops/server-runtimes.ts");
const removal = async () => await import("#core/ops/server-remove.ts");

export const serverHandlers = {
  "server.list": async (ctx, params) => (await runtimes()).listServerRuntimes(ctx, params),
  "server.history": async (ctx, params) => (await runtimes()).serverHistory(ctx, params),
  "server.info": async (ctx, params) => (await runtimes()).serverInfo(ctx, params),
  "server.remove": async (ctx, params) => (await removal()).removeOnServer(ctx, params),
  "server.recover": async (ctx, params) => (await removal()).recoverOnServer(ctx, params),
} satisfies Partial<Handlers>;
