/**
 * The inputs of a build that has no runtime.yaml of its own: an environment or an image, found, read, locked.
 * Chooses by the kind of source; the work is in inputs-from-*.ts. Tests: test/e2e/build-venv.test.ts and its neighbours
 */
import { basename, resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { errno, SwError } from "#core/errors.ts";
import type { EnvPlace, SourceInputs, SourceParams } from "#core/ops/build-source.ts";
import { expandHome } from "#core/platform/paths.ts";
import type { BuildSource } from "#core/protocol/methods/build-source.ts";
import { activeEnv } from "#core/venv/active-env.ts";

export async function collectSource(ctx: Ctx, params: SourceParams): Promise<SourceInputs> {
  const { source } = params;
  if (source.kind === "docker")
    return await (await import("#core/ops/inputs-from-image.ts")).inputsFromImage(ctx, source.image);
  const { kind, place, said } = await sourcePlace(ctx, source);
  if (said) ctx.report.warn(said);
  return kind === "venv" ? await fromVenv(ctx, params, place) : await fromConda(ctx, params, place);
}

export interface SourcePlace {
  readonly kind: "venv" | "conda";
  readonly place: EnvPlace;
  /** What people are to know of the choice. */
  readonly said?: string | undefined;
}

/** Which environment is meant. @throws SwError ENV_NOT_FOUND */
export async function sourcePlace(ctx: Ctx, source: EnvSource): Promise<SourcePlace> {
  switch (source.kind) {
    case "venv":
      return { kind: "venv", place: { prefix: pathOf(ctx, source.path), useShell: false } };
    case "conda-prefix":
      return { kind: "conda", place: { prefix: pathOf(ctx, source.path), useShell: false } };
    case "conda": {
      const { findCondaEnv } = await import("#core/conda/find-env.ts");
      const prefix = await findCondaEnv(ctx, source.name);
      return { kind: "conda", place: { prefix, useShell: false, name: basename(source.name) } };
    }
    case "shell": {
      const { kind, prefix, name, said } = activeEnv(ctx.env);
      return { kind, said, place: { prefix: pathOf(ctx, prefix), useShell: true, name } };
    }
  }
}

type EnvSource = Exclude<BuildSource, { kind: "docker" }>;

const pathOf = (ctx: Ctx, path: string) => resolve(ctx.cwd, expandHome(ctx.env, path));

const fromVenv = async (ctx: Ctx, params: SourceParams, place: EnvPlace) =>
  await reading(place, (await import("#core/ops/inputs-from-venv.ts")).inputsFromVenv(ctx, params, place));

const fromConda = async (ctx: Ctx, params: SourceParams, place: EnvPlace) =>
  await reading(place, (await import("#core/ops/inputs-from-conda.ts")).inputsFromConda(ctx, params, place));

/** What the system says of a file of the environment is neither a bug nor about the store. */
async function reading<T>({ prefix }: EnvPlace, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (e) {
    const path = e instanceof Error && "path" in e ? String(e.path) : "";
    const name = errno(e) ?? "";
    if (path !== prefix && !path.startsWith(`${prefix}/`)) throw e;
    if (!(name in UNREADABLE)) throw e;
    throw new SwError("FAILED", `${path} can't be read (${name})`, { hint: UNREADABLE[name], cause: e });
  }
}

const CHANGED = "The environment has changed meanwhile, or its links lead nowhere: repeat the command.";
const NOT_YOURS = "All of the environment has to be readable for you: its owner can build from it, or open it to you.";
const UNREADABLE: Readonly<Record<string, string>> = {
  EACCES: NOT_YOURS,
  EPERM: NOT_YOURS,
  ENOENT: CHANGED,
  ENOTDIR: CHANGED,
};
