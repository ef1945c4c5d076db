/**
 * The solve of a conda runtime for several platforms, remembered by all its inputs. Runs no pip.
 * Tests: test/e2e/build-conda.test.ts
 */

import * as v from "valibot";
import { askEngine } from "#core/conda/ask-engine.ts";
import { type ChannelAccess, channelAccess, withAddress } from "#core/conda/channel-access.ts";
import { holdsHereOnly } from "#core/conda/channel-network.ts";
import { openHint, publicAccess, type Secrets } from "#core/conda/channel-secrets.ts";
import { type EngineWork, engineError, type SpecLine, specName } from "#core/conda/engine-error.ts";
import { type ExplicitLock, parseExplicit, renderExplicit } from "#core/conda/explicit-lock.ts";
import type { ForeignSolver } from "#core/conda/foreign-solver.ts";
import type { KeptPackages } from "#core/conda/kept-packages.ts";
import { subdirOf, virtualPackages } from "#core/conda/platform.ts";
import type { CondaRecord } from "#core/conda/record.ts";
import { readSharedSolution, writeSharedSolution } from "#core/conda/shared-solution.ts";
import type { CondarcData } from "#core/config/condarc.ts";
import { readConfig } from "#core/config/config-file.ts";
import type { Ctx } from "#core/context.ts";
import { RATTLER_VERSION } from "#core/engines/rattler.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { coverPlatforms, type Dropped } from "#core/lock/cover.ts";
import { type PlatformName, planPlatforms } from "#core/lock/platforms.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { amount } from "#core/report.ts";

export interface SolveInput {
  /** As written, without secrets; the user's own, else conda-forge, when empty. */
  channels: readonly string[];
  /** Taken out of them and of the specs. */
  secrets: Secrets;
  specs: readonly SpecLine[];
  arch: readonly string[];
  cuda: string;
  /** `configs.conda.condarc`. */
  condarc: CondarcData;
  /** Relative channels are below it. */
  dir: string;
  variables: Record<string, string>;
  /** Of a lock that is there already. */
  kept: KeptPackages;
  useCache: boolean;
}

export interface CondaSolution {
  lock: ExplicitLock;
  platforms: PlatformName[];
  dropped: Dropped[];
  cached: boolean;
}

/** @throws SwError LOCK_UNSOLVABLE with the lines involved, LOCK_FAILED when a channel can't be reached */
export async function solveConda(ctx: Ctx, input: SolveInput): Promise<CondaSolution> {
  const question = await channelAccess(ctx, { ...input, names: input.channels, base: input.dir });
  sayHere(ctx, input);
  const solved = new Map<PlatformName, { records: CondaRecord[]; cached: boolean }>();
  const cover = await coverPlatforms(planPlatforms(input.arch), async (platforms) => {
    for (const platform of platforms) {
      if (!solved.has(platform)) solved.set(platform, await solveOne(ctx, input, { ...question, platform }));
    }
    return new Map(platforms.map((platform) => [platform, solved.get(platform)?.records ?? []]));
  });
  const named = [...cover.solution].map(([platform, records]): [string, CondaRecord[]] => [
    subdirOf(platform),
    records,
  ]);
  return {
    lock: {
      channels: question.channels,
      access: publicAccess(question.channels, input.secrets),
      requested: input.specs.map(({ text }) => text),
      variables: input.variables,
      platforms: Object.fromEntries(named),
    },
    platforms: cover.platforms,
    dropped: cover.dropped,
    cached: [...solved.values()].every(({ cached }) => cached),
  };
}

/** What of the settings of this machine and of the runtime counts less than somebody may think. */
function sayHere(ctx: Ctx, { condarc, cuda }: SolveInput): void {
  const held = holdsHereOnly(condarc).join(" and ");
  if (held) ctx.report.warn(`${held} of the runtime's condarc counts for its lock; a restore asks its own machine's`);
  const override = ctx.env.CONDA_OVERRIDE_CUDA;
  if (cuda && override !== undefined && override !== cuda)
    ctx.report.warn(`CONDA_OVERRIDE_CUDA is "${override}" and does not count: environment.cuda is ${cuda}`);
}

async function solveOne(ctx: Ctx, input: SolveInput, question: ChannelAccess & { platform: PlatformName }) {
  const subdir = subdirOf(question.platform);
  const { channels, priority } = question;
  const virtual = virtualPackages(subdir, { cuda: input.cuda, env: ctx.env });
  const specs = input.specs.map(({ text }) => withAddress(text, question.named));
  const work = workOf(ctx, input, question);
  const { solver } = (await readConfig(ctx)).swcli.conda;
  const locked = keptFor(ctx, { solver, kept: input.kept[subdir] ?? [] });
  const names = locked.length > 0 ? { locked: locked.map(({ url }) => url) } : {};
  const key = keyOf({ solver, specs, channels, subdir, virtual, priority, ...names });
  const kept = input.useCache ? await readKept(ctx, key) : undefined;
  // Whoever needs the platform may have mended the channel since; what is only nice to have is not asked for each time.
  const isNeeded = planPlatforms(input.arch).required.includes(question.platform);
  if (typeof kept === "string" && !isNeeded) throw engineError(new EngineRefusal("unsolvable", kept), work);
  if (typeof kept === "object") return { records: kept.platforms[subdir] ?? [], cached: true };
  const shared = { key, channels, specs, subdir };
  const others = input.useCache ? await readSharedSolution(ctx, shared) : undefined;
  if (others) {
    await keep(ctx, key, { channels, requested: specs, variables: {}, platforms: { [subdir]: others } });
    return { records: others, cached: true };
  }
  await ctx.takeTurn();
  ctx.report.progress({ step: "conda", text: `Resolving ${amount(specs.length, "conda package")} (${subdir})` });
  try {
    const asked = { specs, channels, platform: subdir, virtual, priority };
    const records = await askEngine(ctx, { solver, asked, access: question, locked, fresh: !input.useCache });
    await keep(ctx, key, { channels, requested: specs, variables: {}, platforms: { [subdir]: records } });
    await writeSharedSolution(ctx, shared, records);
    return { records, cached: false };
  } catch (e) {
    // That a platform lacks packages is an answer too, and every build asks for it again: it is kept.
    if (e instanceof EngineRefusal && e.kind === "unsolvable") await keepText(ctx, key, JSON.stringify(e.message));
    throw engineError(e, work);
  }
}

function workOf(
  ctx: Ctx,
  { specs, secrets }: SolveInput,
  { channels, platform }: { channels: string[]; platform: string },
) {
  const asked = { channels, access: publicAccess(channels, secrets) };
  const hint = (url: string) => openHint(ctx.env, asked, url);
  const work: EngineWork = { doing: "solve", platform, lines: specs, openHint: hint };
  return work;
}

/** What another program solves is solved anew: none of them can be told to keep what is not installed. */
function keptFor(ctx: Ctx, { solver, kept }: { solver: "rattler" | ForeignSolver; kept: readonly CondaRecord[] }) {
  if (solver === "rattler" || kept.length === 0) return kept;
  ctx.report.warn(`${solver} can't keep to the packages of a lock: all of them may move`);
  return [];
}

const keyOf = (parts: object) =>
  sha256Hex(canonicalJson({ format: 2, engine: RATTLER_VERSION, ...parts })).slice(0, 40);

const keptPath = (ctx: Ctx, key: string) => `${ctx.paths.cache}/conda-locks/${key}.json`;

/** A solution, or the text of why there is none. */
async function readKept(ctx: Ctx, key: string): Promise<ExplicitLock | string | undefined> {
  const text = await readTextIfAny(keptPath(ctx, key));
  if (text === undefined) return undefined;
  return text.startsWith('"') ? v.parse(v.string(), JSON.parse(text)) : parseExplicit(text);
}

const keep = async (ctx: Ctx, key: string, lock: ExplicitLock) => await keepText(ctx, key, renderExplicit(lock));

const keepText = async (ctx: Ctx, key: string, text: string) =>
  void (await writeFileAtomic(keptPath(ctx, key), text, { durable: false }));

/** The records that are Python packages, by the names that pip knows them by. */
export function pythonPackages(records: readonly CondaRecord[]): Map<string, string> {
  const isPython = ({ noarch, depends }: CondaRecord) =>
    noarch === "python" || depends.some((one) => /^python(_abi)?( |$)/.test(one));
  return new Map(records.filter(isPython).map(({ name, version }) => [PIP_NAMES[name] ?? specName(name), version]));
}

// conda's own names for what the index calls otherwise.
const PIP_NAMES: Readonly<Record<string, string>> = {
  pytorch: "torch",
  "pytorch-cpu": "torch",
  "py-opencv": "opencv-python",
  "msgpack-python": "msgpack",
  "tensorflow-base": "tensorflow",
  "matplotlib-base": "matplotlib",
};
