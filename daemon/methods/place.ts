/** Handlers of methods on projects, instances and the config. */
import type { Handlers } from "#daemon/handler.ts";

const projects = () => import("#core/ops/projects.ts");
const instances = () => import("#core/ops/instances.ts");

export const placeHandlers = {
  "project.list": async (ctx, params) => (await projects()).projectList(ctx, params),
  "project.info": async (ctx, params) => (await projects()).projectInfo(ctx, params),
  "project.create": async (ctx, params) => (await projects()).projectCreate(ctx, params),
  "project.select": async (ctx, params) => (await projects()).projectSelect(ctx, params),
  "project.remove": async (ctx, params) => (await projects()).projectRemove(ctx, params),
  "project.recover": async (ctx, params) => (await projects()).projectRecover(ctx, params),
  "instance.list": async (ctx) => (await instances()).instanceList(ctx),
  "instance.select": async (ctx, params) => (await instances()).instanceSelect(ctx, params),
  "instance.info": async (ctx, params) => (await instances()).instanceInfo(ctx, params),
  "config.ensure": async (ctx) => (await import("#core/ops/config.ts")).ensureConfig(ctx),
} satisfies Partial<Handlers>;
