/** Handlers of methods on runtimes and projects of servers. */
import type { Handlers } from "#daemon/handler.ts";

const runtimes = async () => await import("#core/ops/server-runtimes.ts");
const removal = async () => await import("#core/ops/server-remove.ts");
const projects = async () => await import("#core/ops/server-projects.ts");

export const serverHandlers = {
  "server.list": async (ctx, params) => (await runtimes()).listServerRuntimes(ctx, params),
  "server.history": async (ctx, params) => (await runtimes()).serverHistory(ctx, params),
  "server.info": async (ctx, params) => (await runtimes()).serverInfo(ctx, params),
  "server.remove": async (ctx, params) => (await removal()).removeOnServer(ctx, params),
  "server.recover": async (ctx, params) => (await removal()).recoverOnServer(ctx, params),
  "server.projects": async (ctx, params) => (await projects()).listServerProjects(ctx, params),
  "server.project-info": async (ctx, params) => (await projects()).serverProjectInfo(ctx, params),
  "server.project-create": async (ctx, params) => (await projects()).createServerProject(ctx, params),
  "server.project-select": async (ctx, params) => (await projects()).selectServerProject(ctx, params),
  "server.project-remove": async (ctx, params) => (await projects()).removeServerProject(ctx, params),
  "server.project-recover": async (ctx, params) => (await projects()).recoverServerProject(ctx, params),
  "server.state": async (ctx, params) => (await projects()).serverState(ctx, params),
} satisfies Partial<Handlers>;
