/**
 * Which methods can be jobs, and how each behaves as one. A table; new kinds are lines.
 * Tests: test/unit/daemon/jobs/kinds.test.ts
 */
import { resolve } from "pathe";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { METHODS, type MethodName, type ParsedParams } from "#core/protocol/methods.ts";

export interface JobKind {
  /** Jobs of one slot share its number of places. */
  readonly slot: "image" | "environment";
  /** A daemon's death may be answered by starting it again: it publishes all or nothing. */
  readonly restarts: boolean;
  /** Without `--detach` it is a job too, shown live: from its start, else from its turn on, since it may be over before. */
  readonly atOnce: boolean;
  readonly word: string;
  /** What tells it from others. */
  readonly subject: (params: unknown, cwd: string) => string | undefined;
}

export const JOB_KINDS: Partial<Record<MethodName, JobKind>> = {
  "runtime.dockerize": {
    slot: "image",
    restarts: true,
    atOnce: true,
    word: "dockerize",
    subject: (params) => parsed("runtime.dockerize", params)?.uri,
  },
  "runtime.build": {
    slot: "environment",
    restarts: true,
    atOnce: false,
    word: "build",
    subject: (params, cwd) => buildSubject(parsed("runtime.build", params), cwd),
  },
};

function parsed<M extends MethodName>(method: M, params: unknown): ParsedParams<M> | undefined {
  const { success, output } = v.safeParse(METHODS[method].params, params);
  return success ? (output as ParsedParams<M>) : undefined;
}

/** The name that was given, else the environment or the image, else the folder of the runtime.yaml or another file. */
function buildSubject(params: ParsedParams<"runtime.build"> | undefined, cwd: string): string | undefined {
  if (!params || params.name) return params?.name;
  const { source, yaml } = params;
  if (!source) return resolve(cwd, yaml).replace(/\/runtime\.yaml$/, "");
  if (source.kind === "docker") return source.image;
  if (source.kind === "conda") return source.name;
  return source.kind === "shell" ? "the active environment" : resolve(cwd, source.path);
}

/** How often a job is started again after a daemon's death. */
export const MAX_RESTARTS = 2;

export const jobKind = (method: string): JobKind | undefined =>
  Object.hasOwn(JOB_KINDS, method) ? JOB_KINDS[method as MethodName] : undefined;

/** `dockerize demo`, `build /home/me/mnist` */
export function jobTitle(
  { word, subject }: JobKind,
  { params, client }: { params: unknown; client: { cwd: string } },
): string {
  const what = subject(params, client.cwd);
  return what ? `${word} ${what}` : word;
}

/** Dry runs are answers, not work. */
export const isDryRun = (params: unknown): boolean =>
  typeof params === "object" && params !== null && "dryRun" in params && params.dryRun === true;

export type SlotLimits = (ctx: Pick<Ctx, "env" | "clock">) => Promise<Readonly<Record<JobKind["slot"], number>>>;
