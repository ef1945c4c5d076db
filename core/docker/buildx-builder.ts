/**
 * Which builder of buildx is used and what it can: asked before the work, so that what can't end is not begun.
 * Tests: test/unit/core/docker/buildx-builder.test.ts, test/e2e/dockerize-buildx.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { docker, lastReason, requireEngine } from "#core/docker/docker-cli.ts";
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
  try {
    const builder = await usableBuilder(ctx, plan);
    if (builder.driver === "docker") await refuseForDocker(ctx, plan);
    return builder;
  } catch (e) {
    throw e instanceof SwError && e.hint !== undefined && plan.commands.length === 0 ? orDirect(e) : e;
  }
}

/** Says why buildx can't make it, or undefined. */
export async function builderProblem(ctx: Ctx, plan: ImagePlan): Promise<SwError | undefined> {
  try {
    await requireBuilder(ctx, plan);
    return undefined;
  } catch (e) {
    if (e instanceof SwError && e.code !== "CANCELLED") return e;
    throw e;
  }
}

/** What needs no RUN can be made without docker too. */
const orDirect = ({ code, message, hint, detail, cause }: SwError): SwError =>
  new SwError(code, message, { hint: `${hint} ${DIRECT}`, detail, cause });

const DIRECT = "Or use --engine direct with --push or --to, which needs no docker.";

async function usableBuilder(ctx: Ctx, { builder: name, output }: ImagePlan): Promise<Builder> {
  const version = await buildxVersion(ctx);
  // One that is not running yet does not say what it can.
  const args = ["buildx", "inspect", "--bootstrap", ...(name ? [name] : [])];
  const inspected = await docker(ctx, args, { onLine: (line) => ctx.report.log(line) });
  if (inspected.exitCode !== 0) throw noBuilder(name, inspected.stderr);
  const builder = parseBuilder(inspected.stdout, { name, version });
  if (builder.driver === "docker" || output.kind === "engine") await requireEngine(ctx);
  return builder;
}

async function buildxVersion(ctx: Ctx): Promise<string> {
  const answer = await docker(ctx, ["buildx", "version"]);
  const version = /v?(\d+\.\d+(?:\.\d+)?)/.exec(answer.stdout)?.[1];
  if (answer.exitCode === 0 && version !== undefined) return version;
  throw new SwError("ENGINE_MISSING", "docker has no buildx", {
    hint: "Install docker's buildx plugin.",
  });
}

/** What `docker buildx inspect` prints. */
export function parseBuilder(text: string, known: { name: string | undefined; version: string }): Builder {
  // Docker's own builder has no driver while its engine is down.
  const driver = /^Driver:[ \t]*(\S+)/m.exec(text)?.[1] ?? "docker";
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
  new SwError("ENGINE_MISSING", `buildx has no usable builder${name ? ` ${name}` : ""}: ${lastReason(stderr)}`, {
    hint: "See `docker buildx ls`; make one with: docker buildx create --name swcli --use.",
  });

/** Its images are the engine's, unless that keeps them as containerd does. @throws SwError USAGE */
async function refuseForDocker(ctx: Ctx, { platforms, output }: ImagePlan): Promise<void> {
  const toFile = output.kind === "oci-layout" || output.kind === "docker-archive";
  if (platforms.length === 1 && !toFile) return;
  const status = await docker(ctx, ["info", "--format", "{{json .DriverStatus}}"]);
  if (status.stdout.includes("io.containerd.snapshotter.")) return;
  const what = toFile ? `can't write --to ${output.kind}` : "makes one platform at a time";
  throw new SwError("USAGE", `docker's own builder ${what}`, {
    hint: "Make one that can: docker buildx create --name multi --driver docker-container --bootstrap; then --builder multi.",
  });
}
