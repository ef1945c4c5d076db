/**
 * The engine that the guide names: `docker buildx build` of our Dockerfile, in a context folder of its own.
 * Every missing piece is refused before the work. Tests: test/e2e/dockerize-buildx.test.ts
 */
import { mkdir } from "node:fs/promises";
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { type ContextInput, writeContext } from "#core/docker/build-context.ts";
import { type Builder, requireBuilder } from "#core/docker/buildx-builder.ts";
import { docker, lastLine } from "#core/docker/docker-cli.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import type { ImageResult } from "#core/docker/image-result.ts";
import { SwError } from "#core/errors.ts";
import { readTextIfAny, removeTree } from "#core/platform/fs-atomic.ts";
import { redactText } from "#core/platform/redact.ts";
import { ingestPath } from "#core/store/blobs.ts";

export type BuildxResult = Pick<ImageResult, "digest" | "platforms" | "pushed" | "dockerfile" | "commands">;

/** @throws SwError ENGINE_MISSING, IMAGE_FAILED, USAGE */
export async function buildWithBuildx(ctx: Ctx, input: ContextInput): Promise<BuildxResult> {
  const { plan } = input;
  const builder = await requireBuilder(ctx, plan);
  const dir = await ingestPath(ctx);
  try {
    await mkdir(`${dir}/context`, { recursive: true });
    const dockerfile = await writeContext(ctx, `${dir}/context`, input);
    const args = buildxArgs(plan, { builder, context: `${dir}/context`, metadata: `${dir}/metadata.json` });
    await build(ctx, args);
    const digest = await builtDigest(`${dir}/metadata.json`);
    const platforms = plan.platforms.map(({ name }) => ({
      platform: name,
      digest: plan.platforms.length === 1 ? digest : null,
    }));
    return { digest, platforms, pushed: plan.output.kind === "registry", dockerfile, commands: [] };
  } finally {
    await removeTree(dir);
  }
}

/** The words after `docker`. */
export function buildxArgs(
  plan: ImagePlan,
  { builder, context, metadata }: { builder: Builder; context: string; metadata?: string },
): string[] {
  return [
    "buildx",
    "build",
    "--progress",
    "plain",
    ...(builder.name ? ["--builder", builder.name] : []),
    // The stages that install packages need the network as this machine has it.
    ...["--network", "host", "--allow", "network.host"],
    ...(builder.canAttest ? ["--provenance", "false"] : []),
    ...["--platform", plan.platforms.map(({ name }) => name).join(",")],
    ...plan.tags.flatMap((tag) => ["--tag", tag]),
    ...outputArgs(plan, builder),
    ...(metadata === undefined ? [] : ["--metadata-file", metadata]),
    ...["--file", `${context}/Dockerfile`, context],
  ];
}

/** With BuildKit's own exporters the times inside are set too, so the digest is the same twice. */
function outputArgs({ output, tags }: ImagePlan, { canRewrite }: Builder): string[] {
  if (output.kind === "engine") return ["--load"];
  const rewrite = canRewrite ? ",rewrite-timestamp=true" : "";
  if (output.kind === "registry")
    return canRewrite ? ["--output", `type=image,"name=${tags.join(",")}",push=true${rewrite}`] : ["--push"];
  const type = output.kind === "oci-layout" ? `type=oci,tar=false` : "type=docker";
  return ["--output", `${type},"dest=${output.path}"${rewrite}`];
}

async function build(ctx: Ctx, args: readonly string[]): Promise<void> {
  const env = { ...ctx.env, SOURCE_DATE_EPOCH: "0" };
  const result = await docker({ ...ctx, env }, args, {
    onLine: stepsOf(ctx),
    lines: "both",
    dieWithParent: true,
    deadlineMs: DAY_MS,
  });
  if (result.exitCode === 0) return;
  const said = redactText(result.stderr)
    .split("\n")
    .filter((line) => /error|denied|not found|No solution/i.test(line))
    .slice(-8);
  throw new SwError("IMAGE_FAILED", `docker buildx failed: ${lastLine(redactText(result.stderr))}`, {
    hint: said.length > 1 ? said.join("\n") : "The whole output is in the job's log, or with -v.",
  });
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

const MetadataSchema = v.looseObject({ "containerimage.digest": v.optional(v.string()) });

async function builtDigest(path: string): Promise<string | null> {
  const text = await readTextIfAny(path);
  const parsed = v.safeParse(MetadataSchema, text === undefined ? {} : JSON.parse(text));
  return (parsed.success && parsed.output["containerimage.digest"]) || null;
}
