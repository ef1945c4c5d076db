/** Which methods can be jobs, and how each behaves as one. A table; new kinds are lines. */
import type { Ctx } from "#core/context.ts";
import type { MethodName } from "#core/protocol/methods.ts";

export interface JobKind {
  /** Jobs of one slot share its number of places. */
  readonly slot: "image" | "environment";
  /** A daemon's death may be answered by starting it again: it publishes all or nothing. */
  readonly restarts: boolean;
  /** Without `--detach` it is a job too, shown live. */
  readonly always: boolean;
  /** The part of its parameters that tells it from others. */
  readonly subject: string;
  readonly word: string;
}

export const JOB_KINDS: Partial<Record<MethodName, JobKind>> = {
  "runtime.dockerize": { slot: "image", restarts: true, always: true, subject: "uri", word: "dockerize" },
  "runtime.build": { slot: "environment", restarts: true, always: false, subject: "yaml", word: "build" },
};

/** How often a job is started again after a daemon's death. */
export const MAX_RESTARTS = 2;

export const jobKind = (method: string): JobKind | undefined =>
  Object.hasOwn(JOB_KINDS, method) ? JOB_KINDS[method as MethodName] : undefined;

/** `dockerize demo` */
export function jobTitle({ word, subject }: JobKind, params: unknown): string {
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, subject) : undefined;
  return typeof value === "string" ? `${word} ${value}` : word;
}

/** Dry runs are answers, not work. */
export const isDryRun = (params: unknown): boolean =>
  typeof params === "object" && params !== null && "dryRun" in params && params.dryRun === true;

export type SlotLimits = (ctx: Pick<Ctx, "env" | "clock">) => Promise<Readonly<Record<JobKind["slot"], number>>>;
