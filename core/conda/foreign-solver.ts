/**
 * The solve by the user's own micromamba, mamba or conda (`swcli.conda.solver` of the config): what it would link, as exact
 * specs, which the engine then looks up with address and hashes. Nothing is made by it.
 * Tests: test/e2e/conda-solver.test.ts
 */
import * as v from "valibot";
import type { Subdir, VirtualPackage } from "#core/conda/platform.ts";
import type { Ctx } from "#core/context.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { SwError } from "#core/errors.ts";
import { run } from "#core/platform/proc.ts";
import { redactUrl } from "#core/platform/redact.ts";

export type ForeignSolver = "micromamba" | "mamba" | "conda";

export interface ForeignQuestion {
  specs: readonly string[];
  /** Addresses. */
  channels: readonly string[];
  platform: Subdir;
  virtual: readonly VirtualPackage[];
  priority: string;
}

const Linked = v.looseObject({
  name: v.string(),
  version: v.string(),
  build_string: v.optional(v.string()),
  build: v.optional(v.string()),
});
const Plan = v.looseObject({
  actions: v.optional(v.looseObject({ LINK: v.optional(v.array(Linked), []) })),
  message: v.optional(v.string()),
  error: v.optional(v.string()),
  /** Of micromamba and mamba. */
  solver_problems: v.optional(v.array(v.string())),
  /** Of conda: the class of its exception. */
  exception_name: v.optional(v.string()),
});
type Plan = v.InferOutput<typeof Plan>;

/** `name=version=build` of everything. @throws EngineRefusal when it finds no solution, SwError ENGINE_* */
export async function foreignSolve(ctx: Ctx, solver: ForeignSolver, question: ForeignQuestion): Promise<string[]> {
  const { exitCode, stdout, stderr } = await run(ctx, argvOf(solver, question), {
    env: envOf(ctx, question),
    cwd: "/",
  }).catch((e: unknown) => {
    throw missing(e, solver);
  });
  const parsed = v.safeParse(Plan, parseJson(stdout));
  const plan: Plan = parsed.success ? parsed.output : {};
  const linked = plan.actions?.LINK ?? [];
  if (exitCode === 0 && linked.length > 0) {
    return linked.map(({ name, version, build, build_string }) => `${name}=${version}=${build ?? build_string ?? "*"}`);
  }
  const reason = [plan.message ?? plan.error ?? "", ...(plan.solver_problems ?? [])].join("\n").trim() || stderr.trim();
  if (isUnsolvable(plan, reason)) throw new EngineRefusal("unsolvable", redactUrl(reason));
  throw new SwError(
    "ENGINE_FAILED",
    `${solver} could not solve (exit code ${exitCode}):\n${redactUrl(reason).slice(0, 2000)}`,
    {
      hint: "`conda.solver: rattler` in the config uses swcli's own engine.",
    },
  );
}

/** Whether it read the channels and found no set of packages; anything else is a failure of its own. */
const isUnsolvable = ({ solver_problems, exception_name }: Plan, reason: string): boolean =>
  solver_problems !== undefined ||
  UNSOLVABLE.test(exception_name ?? "") ||
  /nothing provides|Could not solve/i.test(reason);

// Conda's solvers have exceptions of their own: LibMambaUnsatisfiableError, RattlerUnsatisfiableError.
const UNSOLVABLE = /Unsatisfiable|PackagesNotFound|ResolvePackageNotFound/;

function argvOf(solver: ForeignSolver, { specs, channels, platform, priority }: ForeignQuestion): string[] {
  const from = channels.flatMap((channel) => ["--channel", channel]);
  const order = FLAGS[priority] ?? [];
  const target = solver === "conda" ? ["--subdir", platform] : ["--platform", platform];
  const quiet = ["--dry-run", "--json", "--yes"];
  return [
    solver,
    "create",
    ...quiet,
    "--name",
    "swcli-solve",
    "--override-channels",
    ...order,
    ...target,
    ...from,
    ...specs,
  ];
}

// They win over the user's settings; there is none for "flexible", which only a variable says.
const FLAGS: Readonly<Record<string, string[]>> = {
  strict: ["--strict-channel-priority"],
  disabled: ["--no-channel-priority"],
};

/** The machine that is solved for is the runtime's, not this one. */
function envOf(ctx: Ctx, { platform, virtual, priority }: ForeignQuestion): Ctx["env"] {
  const override = virtual
    .filter(({ name }) => /^__(glibc|linux|osx|cuda|archspec)$/.test(name))
    .map(({ name, version, build }) => [
      `CONDA_OVERRIDE_${name.slice(2).toUpperCase()}`,
      name === "__archspec" ? build : version,
    ]);
  const order = { CONDA_CHANNEL_PRIORITY: priority, MAMBA_CHANNEL_PRIORITY: priority };
  return { ...ctx.env, ...order, CONDA_SUBDIR: platform, CONDA_OVERRIDE_CUDA: "", ...Object.fromEntries(override) };
}

function missing(e: unknown, solver: ForeignSolver): unknown {
  if (!(e instanceof SwError) || e.code !== "ENGINE_MISSING") return e;
  return new SwError("ENGINE_MISSING", `the config wants ${solver} to solve conda packages, and it is not on PATH`, {
    hint: `Install ${solver}, or set \`conda.solver: rattler\`.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Some print progress or an error instead; stderr says what it was.
    return {};
  }
}
