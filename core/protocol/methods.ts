/** The one table of methods: name → kind and schemas. Handlers: daemon/methods; client types: MethodName, ParamsOf, ResultOf. */
import type * as v from "valibot";
import type { MethodDef } from "#core/protocol/define.ts";
import { COPY_METHODS } from "#core/protocol/methods/copy.ts";
import { ENV_METHODS } from "#core/protocol/methods/env.ts";
import { ENVS_METHODS } from "#core/protocol/methods/envs.ts";
import { IMAGE_METHODS } from "#core/protocol/methods/image.ts";
import { JOB_METHODS } from "#core/protocol/methods/job.ts";
import { KERNEL_METHODS } from "#core/protocol/methods/kernel.ts";
import { LIFECYCLE_METHODS } from "#core/protocol/methods/lifecycle.ts";
import { PACKAGE_METHODS } from "#core/protocol/methods/package.ts";
import { PLACE_METHODS } from "#core/protocol/methods/place.ts";
import { PROJECT_FILE_METHODS } from "#core/protocol/methods/project-files.ts";
import { RUNTIME_METHODS } from "#core/protocol/methods/runtime.ts";
import { SERVER_METHODS } from "#core/protocol/methods/server.ts";
import { SHELL_METHODS } from "#core/protocol/methods/shell.ts";
import { STORE_METHODS } from "#core/protocol/methods/store.ts";

export const METHODS = {
  ...RUNTIME_METHODS,
  ...PROJECT_FILE_METHODS,
  ...STORE_METHODS,
  ...ENV_METHODS,
  ...ENVS_METHODS,
  ...PACKAGE_METHODS,
  ...KERNEL_METHODS,
  ...LIFECYCLE_METHODS,
  ...IMAGE_METHODS,
  ...JOB_METHODS,
  ...PLACE_METHODS,
  ...COPY_METHODS,
  ...SERVER_METHODS,
  ...SHELL_METHODS,
} as const satisfies Record<string, MethodDef>;

export type MethodName = keyof typeof METHODS;
/** What a caller gives (defaults may be left out). */
export type ParamsOf<M extends MethodName> = v.InferInput<(typeof METHODS)[M]["params"]>;
/** What a handler gets. */
export type ParsedParams<M extends MethodName> = v.InferOutput<(typeof METHODS)[M]["params"]>;
export type ResultOf<M extends MethodName> = v.InferOutput<(typeof METHODS)[M]["result"]>;

export const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);
