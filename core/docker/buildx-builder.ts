/**
 * Which builder of buildx is used and what it can: asked before the work, so that what can't end is not begun.
 * Tests: test/unit/core/docker/buildx-builder.test.ts, test/e2e/dockerize-buildx.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { docker, lastLine, requireEngine } from "#core/docker/docker-cli.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { SwError } from "#core/errors.ts";

export interface Builder {
  /** As given with --builder; buildx's current one otherwise. */
  readonly name: string | undefined;
  readonly driver: string;
  /** BuildKit's exporters know `rewrite-timestamp` since 0.13. */
  readonly canRewrite: boolean;
  /** buildx adds attestations since 0.10; without them one platform stays one manifest. */
  readonly canAttest: boolean;
}

/** @throws SwError ENGINE_MISSING for each missing piece, USAGE for what the builder can't do */
export async function requireBuilder(ctx: Ctx, plan: ImagePlan): Promise<Builder> {
  const version = await buildxVersion(ctx);
  const inspected = await docker(ctx, ["buildx", "inspect", ...(plan.builder ? [plan.builder] : [])]);
  if (inspected.exitCode !== 0) throw noBuilder(plan.builder, inspected.stderr);
  const builder = parseBuilder(inspected.stdout, { name: plan.builder, version });
  if (builder.driver === "docker") await requireEngine(ctx);
  if (builder.driver === "docker" && plan.platforms.length > 1) throw onlyOnePlatform();
  if (!builder.canRewrite && (plan.compression === "zstd" || plan.format === "docker")) {
    ctx.report.warn(`the builder (${builder.driver}) chooses the format of manifests and layers itself`);
  }
  return builder;
}

/** Says why buildx can't be used at all, or undefined. */
export async function buildxProblem(ctx: Ctx): Promise<SwError | undefined> {
  try {
    await buildxVersion(ctx);
    return undefined;
  } catch (e) {
    if (e instanceof SwError && e.code === "ENGINE_MISSING") return e;
    throw e;
  }
}

async function buildxVersion(ctx: Ctx): Promise<string> {
  const answer = await docker(ctx, ["buildx", "version"]);
  const version = /v?(\d+\.\d+(?:\.\d+)?)/.exec(answer.stdout)?.[1];
  if (answer.exitCode === 0 && version !== undefined) return version;
  throw new SwError("ENGINE_MISSING", "docker has no buildx", {
    hint: "Install docker's buildx plugin, or use --engine direct with --push or --to, which needs no docker.",
  });
}

/** What `docker buildx inspect` prints. */
export function parseBuilder(text: string, known: { name: string | undefined; version: string }): Builder {
  const driver = /^Driver:\s*(\S+)/m.exec(text)?.[1] ?? "docker";
  const buildkit = /^\s*Buildkit(?: version)?:\s*v?(\d+\.\d+)/im.exec(text)?.[1];
  return {
    name: known.name,
    driver,
    canRewrite: driver !== "docker" && buildkit !== undefined && atLeast(buildkit, [0, 13]),
    canAttest: atLeast(known.version, [0, 10]),
  };
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

const noBuilder = (name: string | undefined, stderr: string) =>
  new SwError("ENGINE_MISSING", `buildx has no usable builder${name ? ` ${name}` : ""}: ${lastLine(stderr)}`, {
    hint: "See `docker buildx ls`; make one with: docker buildx create --name swcli --use",
  });

const onlyOnePlatform = () =>
  new SwError("USAGE", "docker's own builder makes one platform at a time", {
    hint: "Make one that can: docker buildx create --name multi --driver docker-container --bootstrap; then --builder multi. Or use --engine direct.",
  });
