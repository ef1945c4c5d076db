/** Method → handler, from one file a group. Complete by its type: a method without a handler does not compile. */
import type { Handlers } from "#daemon/handler.ts";
import { copyHandlers } from "#daemon/methods/copy.ts";
import { envHandlers } from "#daemon/methods/env.ts";
import { envsHandlers } from "#daemon/methods/envs.ts";
import { imageHandlers } from "#daemon/methods/image.ts";
import { jobHandlers } from "#daemon/methods/job.ts";
import { kernelHandlers } from "#daemon/methods/kernel.ts";
import { lifecycleHandlers } from "#daemon/methods/lifecycle.ts";
import { packageHandlers } from "#daemon/methods/package.ts";
import { placeHandlers } from "#daemon/methods/place.ts";
import { projectFileHandlers } from "#daemon/methods/project-files.ts";
import { runtimeHandlers } from "#daemon/methods/runtime.ts";
import { serverHandlers } from "#daemon/methods/server.ts";
import { shellHandlers } from "#daemon/methods/shell.ts";
import { storeHandlers } from "#daemon/methods/store.ts";

export const HANDLERS: Handlers = {
  ...runtimeHandlers,
  ...projectFileHandlers,
  ...storeHandlers,
  ...envHandlers,
  ...envsHandlers,
  ...packageHandlers,
  ...kernelHandlers,
  ...lifecycleHandlers,
  ...imageHandlers,
  ...jobHandlers,
  ...placeHandlers,
  ...copyHandlers,
  ...serverHandlers,
  ...shellHandlers,
};
