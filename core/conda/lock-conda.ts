/**
 * The lock of a runtime.yaml in conda mode: a solve of its conda part, and a resolution of its pip part that leaves alone
 * what conda brings. Tests: test/e2e/build-conda.test.ts
 */
import { rememberSecrets } from "#core/conda/channel-secrets.ts";
import type { SpecLine } from "#core/conda/engine-error.ts";
import type { KeptPackages } from "#core/conda/kept-packages.ts";
import { ownPython } from "#core/conda/own-python.ts";
import { pinnedSolution } from "#core/conda/pinned-solution.ts";
import { type CondaSolution, pythonPackages, solveConda } from "#core/conda/solve.ts";
import { type CondaWants, pythonSpec } from "#core/conda/wants.ts";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { droppedWarning } from "#core/lock/cover.ts";
import { resolvePinned } from "#core/lock/pins.ts";
import type { RequirementLine, Requirements } from "#core/lock/requirements.ts";
import type { Lock } from "#core/lock/resolve.ts";
import { normalizeName } from "#core/lock/wheel-name.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { defaultPythonMinor } from "#core/python/find.ts";
import { ingestPath } from "#core/store/blobs.ts";
import { meets } from "#core/venv/pep440.ts";

export interface CondaLocked {
  solution: CondaSolution;
  /** Of the pip part; its platforms are those that conda covers. */
  lock: Lock;
  python: { minor: string; version: string; from: "runtime.yaml" | "host"; path?: string };
}

export interface CondaLockInput {
  spec: RuntimeSpec;
  wants: CondaWants;
  requirements: Requirements;
  /** Absolute paths. */
  wheels: string[];
  /** Of a lock that lies beside the yaml. */
  kept: { conda: KeptPackages; pip: readonly RequirementLine[] };
  useCache: boolean;
  /** The indexes are asked again. */
  upgrade: boolean;
}

export async function lockConda(ctx: Ctx, input: CondaLockInput): Promise<CondaLocked> {
  const { spec, wants } = input;
  for (const warning of wants.warnings) ctx.report.warn(warning);
  const solution = wants.pinned ? pinnedSolution(spec.environment.arch, wants) : await solveWants(ctx, input);
  // From here on they are known to open what they are for.
  rememberSecrets(ctx, wants.secrets);
  for (const dropped of solution.dropped) ctx.report.warn(droppedWarning(dropped));
  const records = Object.values(solution.lock.platforms).flat();
  const version = records.find(({ name }) => name === "python")?.version;
  if (version === undefined) throw noPython(spec);
  const minor = version.split(".").slice(0, 2).join(".");
  const wanted = spec.environment.python;
  // A lock file that is given is not solved: nothing else would hold one to the other.
  if (wanted && wanted !== minor)
    ctx.report.warn(`${wants.pinned?.label} has Python ${version}, which counts; environment.python says ${wanted}`);
  const lock = await lockPip(ctx, input, { minor, provided: pythonPackages(records), solution });
  const from = spec.environment.python || pythonSpec(wants.specs) ? ("runtime.yaml" as const) : ("host" as const);
  return { solution, lock, python: { minor, version, from } };
}

const solveWants = async (ctx: Ctx, input: CondaLockInput) =>
  await solveConda(ctx, {
    channels: input.wants.channels,
    secrets: input.wants.secrets,
    specs: await withPython(ctx, input),
    arch: input.spec.environment.arch,
    cuda: input.spec.environment.cuda,
    condarc: input.spec.configs.conda.condarc,
    dir: input.spec.dir,
    variables: input.wants.variables,
    kept: input.kept.conda,
    useCache: input.useCache && !input.upgrade,
  });

/** `environment.python`, else what the conda part says, else the machine's own choice. */
async function withPython(ctx: Ctx, { spec, wants }: CondaLockInput): Promise<SpecLine[]> {
  const wanted = spec.environment.python;
  const own = pythonSpec(wants.specs);
  if (own && !wanted) return wants.specs;
  const at = { file: spec.label ?? "runtime.yaml", line: 0, ...spec.environment.at.python };
  return [...wants.specs, { text: `python ${wanted ?? (await defaultPythonMinor(ctx))}.*`, at }];
}

const noPython = ({ label }: RuntimeSpec) =>
  new SwError("LOCK_FAILED", `${label ?? "runtime.yaml"}: the solved conda packages hold no python`, {
    hint: "Name environment.python, or add python to the conda packages.",
  });

interface PipPart {
  minor: string;
  provided: Map<string, string>;
  solution: CondaSolution;
}

async function lockPip(ctx: Ctx, input: CondaLockInput, { minor, provided, solution }: PipPart): Promise<Lock> {
  const { platforms } = solution;
  const requirements = withoutProvided(ctx, input.requirements, provided);
  if (requirements.requirements.length + input.wheels.length === 0) return emptyLock(platforms);
  const prefix = await ingestPath(ctx);
  try {
    const records = Object.values(solution.lock.platforms).flat();
    const path = await ownPython(ctx, { minor, records, lock: solution.lock, prefix });
    return {
      ...(await resolvePip(ctx, input, { requirements, provided, platforms, python: { minor, path } })),
      platforms,
    };
  } finally {
    await removeTree(prefix);
  }
}

interface PipQuestion {
  requirements: Requirements;
  provided: ReadonlyMap<string, string>;
  platforms: Lock["platforms"];
  python: { minor: string; path: string };
}

async function resolvePip(ctx: Ctx, input: CondaLockInput, question: PipQuestion): Promise<Lock> {
  const { requirements, provided, platforms, python } = question;
  const wanted = new Set(requirements.requirements.map(({ name }) => name));
  const wants = {
    python,
    arch: platforms.map((platform) => (/x86_64$/.test(platform) ? "amd64" : "arm64")),
    requirements,
    wheels: input.wheels,
    // What conda brings is there already, whatever version the index has.
    overrides: [...provided.keys()]
      .filter((name) => !wanted.has(name))
      .map((name) => `${name} ; sys_platform == 'none'`)
      .sort(),
    pip: input.spec.configs.pip,
    useCache: input.useCache,
    upgrade: input.upgrade,
  };
  const { lock, kept } = await resolvePinned(ctx, wants, input.kept.pip);
  if (!kept) ctx.report.warn("the locked versions of pip packages no longer fit; resolved anew");
  return lock;
}

/** As pip would say: requirement already satisfied. */
function withoutProvided(ctx: Ctx, requirements: Requirements, provided: ReadonlyMap<string, string>): Requirements {
  const isMet = ({ name, kind, text }: RequirementLine) => {
    const version = provided.get(normalizeName(name ?? ""));
    const specifier = /^[\w.-]+(?:\[[^\]]*\])?\s*([^;]*)/.exec(text)?.[1] ?? "";
    return kind === "named" && version !== undefined && meets(version, specifier.trim());
  };
  const met = requirements.requirements.filter(isMet);
  for (const { text } of met) ctx.report.log(`${text} is met by a conda package`);
  return { ...requirements, requirements: requirements.requirements.filter((line) => !met.includes(line)) };
}

export const emptyLock = (platforms: Lock["platforms"]): Lock => ({
  requirementsTxt: "",
  vcsTxt: "",
  platforms,
  dropped: [],
  carriedWheels: [],
  warnings: [],
  key: "",
});
