/** What a build would do, without doing it: for `--dry-run`. Asks no registry and no engine. Tests: test/e2e/dockerize.test.ts */
import type { Ctx } from "#core/context.ts";
import { SOME_GLIBC, uvPlatform } from "#core/docker/base-libc.ts";
import { contextFacts } from "#core/docker/build-context.ts";
import { buildSettings, proxyNames } from "#core/docker/build-settings.ts";
import { buildxArgs } from "#core/docker/buildx-engine.ts";
import { dockerfile } from "#core/docker/dockerfile.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import type { Recipe } from "#core/env/recipe.ts";

export async function plannedBuild(
  ctx: Ctx,
  { plan, recipe, engine }: { plan: ImagePlan; recipe: Recipe; engine: "direct" | "buildx" },
): Promise<{ dockerfile: string; commands: string[] }> {
  const words = { proxies: proxyNames(ctx.env), needsHost: (await buildSettings(ctx, recipe)).needsHost };
  return {
    dockerfile: dockerfile(plan, await contextFacts(ctx, recipe)),
    commands: engine === "buildx" ? [buildxLine(plan, words)] : directLines(plan),
  };
}

function buildxLine(plan: ImagePlan, words: { proxies: string[]; needsHost: boolean }): string {
  const builder = { name: plan.builder, driver: "docker", canRewrite: false, canAttest: true };
  return `docker ${buildxArgs(plan, { builder, context: "CONTEXT", insecure: [], ...words }).join(" ")}`;
}

/** The direct engine makes the Dockerfile's outcome in steps of its own. */
function directLines({ base, platforms, python, output, tags }: ImagePlan): string[] {
  const installs = platforms.map(
    (platform) =>
      `uv pip install --python-platform ${uvPlatform(platform, SOME_GLIBC)} --python-version ${python} --only-binary :all: --no-deps --require-hashes -r requirements.txt`,
  );
  const ends = {
    registry: tags.map((tag) => `push ${tag}`),
    engine: ["docker load"],
    "oci-layout": ["write the OCI layout"],
    "docker-archive": ["write the docker archive"],
  };
  return [`read the layers of ${base}`, ...installs, "pack the layers", ...ends[output.kind]];
}
