/**
 * The solve by the user's own micromamba, mamba or conda (`swcli.conda.solver` of the config): what it would link, as exact
 * specs, which the engine then looks up with their addresses. It makes no environment (its own caches apart).
 * Tests: test/e2e/conda-solver.test.ts
 */
import { writeFile } from "node:fs/promises";
import { linkedSpecs, refusalOf } from "#core/conda/foreign-answer.ts";
import type { Subdir, VirtualPackage } from "#core/conda/platform.ts";
import { netrcText } from "#core/config/netrc.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { removeFile } from "#core/platform/fs-atomic.ts";
import { run } from "#core/platform/proc.ts";
import { ingestPath } from "#core/store/blobs.ts";

export type ForeignSolver = "micromamba" | "mamba" | "conda";

export interface ForeignQuestion {
  specs: readonly string[];
  /** Addresses, with the tokens that this machine has for them. */
  channels: readonly string[];
  platform: Subdir;
  virtual: readonly VirtualPackage[];
  priority: string;
  /** host → `user:password`. */
  logins: Readonly<Record<string, string>>;
  /** What it remembers of the channels does not count. */
  fresh: boolean;
}

/** `name=version=build` of everything. @throws EngineRefusal why there is no solution, SwError ENGINE_*, CANCELLED */
export async function foreignSolve(ctx: Ctx, solver: ForeignSolver, question: ForeignQuestion): Promise<string[]> {
  const said = await withLogins(ctx, question.logins, async (netrc) =>
    run(ctx, argvOf(solver, question), { env: envOf({ ...ctx.env, ...netrc }, question), cwd: "/" }),
  ).catch((e: unknown) => {
    throw missing(e, solver);
  });
  const specs = linkedSpecs(said);
  if (specs) return specs;
  throw refusalOf(solver, said);
}

function argvOf(solver: ForeignSolver, { specs, channels, platform }: ForeignQuestion): string[] {
  const how = ["--dry-run", "--json", "--yes", "--name", "swcli-solve", "--override-channels"];
  // Of the user's own settings: what they add to each environment is none of this one's.
  const own = solver === "conda" ? ["--no-default-packages", "--no-pin", "--subdir"] : ["--no-pin", "--platform"];
  const from = channels.flatMap((channel) => ["--channel", channel]);
  // Behind the dashes nothing that a runtime.yaml says is an option.
  return [solver, "create", ...how, ...own, platform, ...from, "--", ...specs];
}

/** The machine that is solved for is the runtime's, not this one. */
function envOf(env: Ctx["env"], { platform, virtual, priority, fresh }: ForeignQuestion): Ctx["env"] {
  const override = virtual
    .filter(({ name }) => /^__(glibc|linux|osx|cuda|archspec)$/.test(name))
    .map(({ name, version, build }) => [
      `CONDA_OVERRIDE_${name.slice(2).toUpperCase()}`,
      name === "__archspec" ? build : version,
    ]);
  return {
    ...env,
    // By variables alone: libmamba fails on an option beside its variable, and there is none for "flexible".
    CONDA_CHANNEL_PRIORITY: priority,
    MAMBA_CHANNEL_PRIORITY: priority,
    // Channels, priority, proxies and certificates are told here; other settings would be in no key of ours.
    MAMBA_NO_RC: "true",
    MAMBA_LOG_LEVEL: "error",
    ...(fresh && { CONDA_LOCAL_REPODATA_TTL: "0", MAMBA_LOCAL_REPODATA_TTL: "0" }),
    CONDA_SUBDIR: platform,
    CONDA_OVERRIDE_CUDA: "",
    ...Object.fromEntries(override),
  };
}

/** Logins go by a file: other users of the machine can read the words of a command. */
async function withLogins<T>(
  ctx: Ctx,
  logins: ForeignQuestion["logins"],
  work: (env: { NETRC?: string }) => Promise<T>,
): Promise<T> {
  if (Object.keys(logins).length === 0) return await work({});
  const path = await ingestPath(ctx);
  try {
    await writeFile(path, await netrcText(ctx.env, logins), { mode: 0o600, flag: "wx" });
    return await work({ NETRC: path });
  } finally {
    await removeFile(path);
  }
}

function missing(e: unknown, solver: ForeignSolver): unknown {
  if (!(e instanceof SwError) || e.code !== "ENGINE_MISSING") return e;
  return new SwError("ENGINE_MISSING", `the config wants ${solver} to solve conda packages, and it is not on PATH`, {
    hint: `Install ${solver}, or set \`conda.solver: rattler\`.`,
  });
}
