/**
 * The engine that the guide names: `docker buildx build` of our Dockerfile, in a context folder of its own.
 * Every missing piece is refused before the work. Tests: test/e2e/dockerize-buildx.test.ts
 */
import { mkdir } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { type ContextInput, writeContext } from "#core/docker/build-context.ts";
import { buildSettings, proxyNames } from "#core/docker/build-settings.ts";
import { type Builder, requireBuilder } from "#core/docker/buildx-builder.ts";
import { buildFailed } from "#core/docker/buildx-failure.ts";
import { builtBeside, outputArgs } from "#core/docker/buildx-output.ts";
import { docker } from "#core/docker/docker-cli.ts";
import { buildArguments } from "#core/docker/dockerfile.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { runtimeInside, saysRuntimeInside } from "#core/docker/runtime-inside.ts";
import { SwError } from "#core/errors.ts";
import { ImageIndexSchema, parseDocument } from "#core/oci/manifest.ts";
import { parseReference } from "#core/oci/reference.ts";
import { getManifest, openRegistry } from "#core/oci/registry.ts";
import { readTextIfAny, removeTree } from "#core/platform/fs-atomic.ts";
import { redactText } from "#core/platform/redact.ts";
import { ingestPath } from "#core/store/blobs.ts";

export type BuildxResult = Pick<ImageResult, "digest" | "platforms" | "pushed" | "dockerfile" | "commands">;

export interface BuildxInput extends Omit<ContextInput, "settings"> {
  /** Registries that may be asked in plain http. */
  readonly insecure: readonly string[];
}

/** @throws SwError ENGINE_MISSING, IMAGE_FAILED, USAGE */
export async function buildWithBuildx(ctx: Ctx, input: BuildxInput): Promise<BuildxResult> {
  const builder = await requireBuilder(ctx, input.plan);
  warnOfFormat(ctx, builder, input.plan);
  try {
    return await buildOnce(ctx, input, builder);
  } catch (e) {
    // Only the build itself can tell cheaply: the engine may have the base's layers, we may have none.
    if (!(e instanceof SwError) || e.detail?.needs_python === undefined || input.ownPython) throw e;
    ctx.report.warn(`the base image has no Python ${input.plan.python} on its PATH: one is added`);
    return await buildOnce(ctx, { ...input, ownPython: true }, builder);
  }
}

function warnOfFormat(ctx: Ctx, { canRewrite, driver }: Builder, { compression, format }: ImagePlan): void {
  if (canRewrite || (compression === "gzip" && format === "oci")) return;
  ctx.report.warn(`the builder (${driver}) chooses the format of manifests and layers itself`);
}

async function buildOnce(ctx: Ctx, input: BuildxInput, builder: Builder): Promise<BuildxResult> {
  const { insecure } = input;
  const dir = await ingestPath(ctx);
  try {
    await mkdir(`${dir}/context`, { recursive: true });
    const settings = await buildSettings(ctx, input.recipe);
    const dockerfile = await writeContext(ctx, `${dir}/context`, { ...input, settings });
    return await builtBeside(input.plan, async (plan) => {
      const places = { context: `${dir}/context`, metadata: `${dir}/metadata.json` };
      const network = { proxies: proxyNames(ctx.env), needsHost: settings.needsHost };
      await build(ctx, plan, { builder, ...places, ...network, insecure });
      const digest = await builtDigest(places.metadata);
      const platforms = await platformDigests(ctx, { plan, insecure }, digest);
      return { digest, platforms, pushed: plan.output.kind === "registry", dockerfile, commands: [] };
    });
  } finally {
    await removeTree(dir);
  }
}

export interface BuildxWords {
  readonly builder: Builder;
  readonly context: string;
  readonly metadata?: string;
  readonly insecure: readonly string[];
  /** Variables whose values docker takes from its environment. */
  readonly proxies: readonly string[];
  readonly needsHost: boolean;
}

/** The words after `docker`. */
export function buildxArgs(plan: ImagePlan, words: BuildxWords): string[] {
  const { builder, context, metadata, insecure } = words;
  return [
    "buildx",
    "build",
    "--progress",
    "plain",
    ...(builder.name ? ["--builder", builder.name] : []),
    ...(isOnHost(words) ? ["--network", "host", "--allow", "network.host"] : []),
    ...[...words.proxies, ...buildArguments(plan)].flatMap((one) => ["--build-arg", one]),
    ...(builder.canAttest ? ["--provenance", "false"] : []),
    ...["--platform", plan.platforms.map(({ name }) => name).join(",")],
    ...plan.tags.flatMap((tag) => ["--tag", tag]),
    ...outputArgs(plan, builder, insecure),
    ...(metadata === undefined ? [] : ["--metadata-file", metadata]),
    ...["--file", `${context}/Dockerfile`, context],
  ];
}

/** Docker's own builder allows it, other daemons only where they were told to: they are asked where nothing else will do. */
const isOnHost = ({ builder, needsHost }: BuildxWords) => needsHost || builder.driver === "docker";

async function build(ctx: Ctx, plan: ImagePlan, words: BuildxWords): Promise<void> {
  const env = { ...ctx.env, SOURCE_DATE_EPOCH: "0" };
  const result = await docker({ ...ctx, env }, buildxArgs(plan, words), {
    onLine: stepsOf(ctx),
    lines: "both",
    dieWithParent: true,
    deadlineMs: DAY_MS,
  });
  if (result.exitCode === 0) return;
  if (saysRuntimeInside(result.stderr)) throw runtimeInside(plan.base);
  throw buildFailed(redactText(result.stderr), words.builder.driver, plan);
}

const DAY_MS = 86_400_000;

/** `#7 [packages 4/6] RUN …` begins a step; everything is kept in the log. */
function stepsOf(ctx: Ctx): (line: string) => void {
  return (line) => {
    const text = redactText(line);
    ctx.report.log(text);
    const [, where, what = ""] = /^#\d+ (\[[^\]]+\]) (.*)$/.exec(text) ?? [];
    const steps = /(\d+)\/(\d+)\]/.exec(where ?? "");
    if (where === undefined) return;
    ctx.report.progress({
      step: "buildx",
      text: `${where} ${what.slice(0, 80)}`,
      ...(steps && { done: Number(steps[1]), total: Number(steps[2]) }),
    });
  };
}

/** buildx says the digest of the whole only: of an index the registry or the layout that took it says the parts. */
async function platformDigests(ctx: Ctx, { plan, insecure }: Whose, digest: string | null) {
  const names = plan.platforms.map(({ name }) => name);
  if (names.length === 1 || digest === null) return names.map((platform) => ({ platform, digest }));
  const bytes = await indexBytes(ctx, { plan, insecure }, digest).catch((e: unknown) => {
    ctx.report.log(`the digests of the platforms can't be had: ${SwError.from(e).message}`);
    return undefined;
  });
  const { manifests } = bytes ? parseDocument(ImageIndexSchema, bytes, "the index") : { manifests: [] };
  return names.map((platform) => {
    const found = manifests.find(({ platform: p }) => p && `${p.os}/${p.architecture}` === platform);
    return { platform, digest: found?.digest ?? null };
  });
}

type Whose = Pick<BuildxInput, "plan" | "insecure">;

async function indexBytes(
  ctx: Ctx,
  { plan: { output, tags }, insecure }: Whose,
  digest: string,
): Promise<Uint8Array | undefined> {
  if (output.kind === "oci-layout") return await Bun.file(`${output.path}/blobs/${digest.replace(":", "/")}`).bytes();
  const { host, repository } = parseReference(tags[0] ?? "");
  return (await getManifest(await openRegistry(ctx, host, { insecure }), repository, digest))?.bytes;
}

const MetadataSchema = v.looseObject({ "containerimage.digest": v.optional(v.string()) });

async function builtDigest(path: string): Promise<string | null> {
  const text = await readTextIfAny(path);
  const parsed = v.safeParse(MetadataSchema, text === undefined ? {} : JSON.parse(text));
  return (parsed.success && parsed.output["containerimage.digest"]) || null;
}
