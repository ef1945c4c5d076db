/** What a build would do, without doing it: for `--dry-run`. Asks no registry and no engine. Tests: test/e2e/dockerize.test.ts */
import type { Ctx } from "#core/context.ts";
import { SOME_GLIBC, uvPlatform } from "#core/docker/base-libc.ts";
import { contextFacts } from "#core/docker/build-context.ts";
import { buildSettings, proxyNames } from "#core/docker/build-settings.ts";
import { buildxArgs } from "#core/docker/buildx-engine.ts";
import { type ContextFacts, dockerfile } from "#core/docker/dockerfile.ts";
import type { ImagePlan, Output } from "#core/docker/image-plan.ts";
import { posixWord } from "#core/env/activation/quote.ts";
import type { Recipe } from "#core/env/recipe.ts";

interface Planned {
  readonly plan: ImagePlan;
  readonly recipe: Recipe;
  readonly engine: "direct" | "buildx";
  readonly insecure: readonly string[];
}

export async function plannedBuild(
  ctx: Ctx,
  { plan, recipe, engine, insecure }: Planned,
): Promise<{ dockerfile: string; commands: string[] }> {
  const facts = await contextFacts(ctx, recipe);
  const { needsHost } = await buildSettings(ctx, recipe);
  const words = { proxies: proxyNames(ctx.env), needsHost, insecure };
  return {
    dockerfile: dockerfile(plan, facts),
    commands: engine === "buildx" ? [buildxLine(plan, words)] : directLines(plan, facts),
  };
}

/** A builder is not asked what it can: one with a name is taken for a BuildKit, none for docker's own. */
function buildxLine(
  plan: ImagePlan,
  words: { proxies: string[]; needsHost: boolean; insecure: readonly string[] },
): string {
  const isOwn = plan.builder === undefined || plan.builder === "default";
  const driver = isOwn ? "docker" : "docker-container";
  const builder = { name: plan.builder, driver, canRewrite: !isOwn, canAttest: true };
  return ["docker", ...buildxArgs(plan, { builder, context: "CONTEXT", ...words })].map(posixWord).join(" ");
}

/** The direct engine makes the Dockerfile's outcome in steps of its own. */
function directLines({ base, platforms, python, output, tags }: ImagePlan, facts: ContextFacts): string[] {
  const lock = facts.hashed ? "--require-hashes -r requirements.txt" : "-r requirements.txt";
  const packages = [...(facts.hasLock ? [lock] : []), ...(facts.hasVcs ? ["-r vcs.txt"] : []), ...facts.wheelPins];
  const installs = platforms.flatMap((platform) => {
    const target = `--python-platform ${uvPlatform(platform, SOME_GLIBC)} --python-version ${python} --only-binary :all:`;
    return packages.map((what) => `uv pip install ${target} --no-deps ${what}`);
  });
  const links = facts.conda ? platforms.map(({ name }) => `link the conda packages for ${name}`) : [];
  return [`read the layers of ${base}`, ...links, ...installs, "pack the layers", ...endOf(output, tags)];
}

function endOf(output: Output, tags: readonly string[]): string[] {
  if (output.kind === "registry") return tags.map((tag) => `push ${tag}`);
  if (output.kind === "engine") return [`docker load ${tags.join(" ")}`];
  const what = output.kind === "oci-layout" ? "OCI layout" : "docker archive";
  return [`write the ${what} ${posixWord(output.path)}`];
}
