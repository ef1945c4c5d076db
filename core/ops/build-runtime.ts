/**
 * `runtime build` from a runtime.yaml: spec → inputs → lock → tree and manifest → version id → ref, then the environment
 * in the background. Unchanged steps are answered from digests. Tests: test/e2e/build.test.ts
 */
import { type Ctx, withCtx } from "#core/context.ts";
import { linkRuntime } from "#core/env/links.ts";
import { readyEnv } from "#core/env/pointer.ts";
import { restoreEnv } from "#core/env/restore.ts";
import { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import { type BuildInputs, collectInputs } from "#core/ops/build-inputs.ts";
import type { BuildParams, BuildResult } from "#core/ops/build-params.ts";
import type { SourceFacts, SourceInputs } from "#core/ops/build-source.ts";
import { emitConfigs } from "#core/ops/emit-configs.ts";
import { packVersion } from "#core/ops/pack-version.ts";
import { publishVersion } from "#core/ops/publish-version.ts";
import { readProject } from "#core/ops/read-project.ts";
import { rememberBuild } from "#core/ops/recall-build.ts";
import { collectSource } from "#core/ops/source-inputs.ts";
import { localProject, localUri } from "#core/ops/target.ts";
import type { Report } from "#core/report.ts";
import { isBuiltinTag } from "#core/store/ref.ts";
import { readVersion, type Version } from "#core/store/versions.ts";
import { isName } from "#core/uri/names.ts";

/** @throws MANIFEST_*, LOCK_UNSOLVABLE, LOCK_FAILED, HASH_MISMATCH, TAG_TAKEN; the store is unchanged then */
export async function buildRuntime(caller: Ctx, params: BuildParams): Promise<BuildResult> {
  checkTags(params.tags);
  const project = await localProject(caller, params.project);
  const packed = await pack(caller, params);
  const name = checkName(params.name || packed.name);
  const { version, lock } = packed;
  const published = await publishVersion(caller, { project, name, version, tags: params.tags });
  for (const line of published.said) caller.report.warn(line);
  if (isForHere(caller, params, packed)) await prepare(caller, params, { project, name, id: version.id });
  const uri = localUri(project, name, version.id);
  return { name, version: version.id, tags: published.tags, uri, unchanged: published.unchanged, lock };
}

/** A version in the store, and what is said of it. */
interface Packed {
  /** What it is called when nobody says otherwise. */
  name: string;
  version: Version;
  lock: BuildResult["lock"];
  facts?: SourceFacts | undefined;
}

async function pack(caller: Ctx, params: BuildParams): Promise<Packed> {
  const startedAt = caller.clock.now();
  const warnings: string[] = [];
  const ctx = withCtx(caller, { report: keepWarnings(caller.report, warnings) });
  const collected = await collect(ctx, params);
  checkName(params.name || collected.name);
  const inputs = await emitConfigs(ctx, collected, params.extras);
  const version = await packVersion(ctx, inputs);
  const { name, facts } = collected;
  const lock = lockResult(inputs);
  await rememberBuild(ctx, params, { inputs, startedAt, version: version.id, name, lock, warnings });
  return { name, version, lock, facts };
}

/** Warnings about the inputs are said again when the build is answered from memory. */
const keepWarnings = (report: Report, kept: string[]): Report => ({
  ...report,
  warn(text) {
    kept.push(text);
    report.warn(text);
  },
});

type Collected = BuildInputs & { name: string; facts?: SourceFacts };

async function collect(ctx: Ctx, params: BuildParams): Promise<Collected> {
  const { source, target, extras } = params;
  if (source) {
    const found = await collectSource(ctx, { source, target, extras });
    if (!params.name) sayName(ctx, found);
    return found;
  }
  const spec = await readProject(ctx, params.yaml);
  checkName(params.name || spec.name);
  for (const warning of spec.warnings) ctx.report.warn(warning);
  const options = { lock: params.lock, cache: params.cache };
  if (spec.mode === "venv") return { ...(await collectInputs(ctx, spec, options)), name: spec.name };
  const { collectCondaInputs } = await import("#core/ops/conda-inputs.ts");
  return { ...(await collectCondaInputs(ctx, spec, options)), name: spec.name };
}

/** Who looks for the runtime under the environment's own name would not find it. */
function sayName(ctx: Ctx, { name, wished = name }: SourceInputs): void {
  if (name !== wished)
    ctx.report.warn(`${wished} can't be the name of a runtime: it is called ${name} (-n names it otherwise)`);
}

function lockResult({ lock, lockFiles, lockCached, python }: BuildInputs): BuildResult["lock"] {
  return lock && { files: lockFiles, platforms: lock.platforms, python: python.minor, cached: lockCached };
}

function checkName(name: string): string {
  if (isName(name)) return name;
  throw new SwError("USAGE", `${JSON.stringify(name)} can't be the name of a runtime`, {
    hint: "1 to 80 letters, digits, `_`, `.`, `-`, the first a letter or `_`.",
  });
}

export function checkTags(tags: readonly string[]): void {
  for (const tag of tags) {
    if (isBuiltinTag(tag))
      throw new SwError("USAGE", `the tag ${tag} is given by swcli itself`, { hint: "Choose another name." });
    if (!isName(tag))
      throw new SwError("USAGE", `${JSON.stringify(tag)} can't be a tag`, {
        hint: "1 to 80 letters, digits, `_`, `.`, `-`, the first a letter or `_`.",
      });
  }
}

/** An image is made elsewhere, and so is what is locked for other machines only. */
function isForHere(ctx: Ctx, params: BuildParams, { facts, lock }: Packed): boolean {
  if (facts?.source === "docker") return false;
  if (!lock || lock.platforms.length === 0 || lock.platforms.includes(thisPlatform())) return true;
  if (params.prepare === "wait")
    ctx.report.warn(`no environment is made here: the lock is for ${lock.platforms.join(", ")}`);
  return false;
}

/** The environment is made while the person goes on; in-process nothing outlives the command, so only when asked. */
async function prepare(ctx: Ctx, params: BuildParams, made: Made): Promise<void> {
  const mode = params.prepare ?? (ctx.longLived ? "background" : "no");
  if (mode === "no") return;
  const { id } = made;
  const fresh = !params.cache;
  const work = async (own: Ctx) => {
    const { marker } = await restoreEnv(own, await readVersion(own, id), { fresh, compile: params.compile });
    await linkRuntime(own, made, marker.prefix);
  };
  if (mode === "wait") {
    if (fresh || !(await readyEnv(ctx, id))) await ctx.takeTurn();
    await work(ctx);
  } else ctx.background(`prepare:${id}:${fresh}`, `prepare ${id.slice(0, 12)}`, work);
}

interface Made {
  project: string;
  name: string;
  id: string;
}
