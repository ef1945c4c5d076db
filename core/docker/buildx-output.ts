/**
 * Where buildx puts an image: its exporters, and files and folders that appear when they are whole, since buildx itself
 * writes them as it goes. Tests: test/e2e/dockerize-buildx.test.ts, test/unit/core/docker/buildx-output.test.ts
 */
import type { Builder } from "#core/docker/buildx-builder.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { publishLayout } from "#core/oci/layout.ts";
import { parseReference } from "#core/oci/reference.ts";
import { removeTree } from "#core/platform/fs-atomic.ts";
import { publishNewFile } from "#core/transfer/new-file.ts";

/** With BuildKit's own exporters the times inside are set too, so the digest is the same twice. */
export function outputArgs(plan: ImagePlan, { canRewrite }: Builder, insecure: readonly string[]): string[] {
  const { output, tags } = plan;
  if (output.kind === "engine") return ["--load"];
  const rewrite = canRewrite ? ",rewrite-timestamp=true" : "";
  const layers = canRewrite ? `${rewrite},oci-mediatypes=${plan.format === "oci"},compression=${plan.compression}` : "";
  if (output.kind === "registry") {
    const plain = tags.some((tag) => insecure.includes(parseReference(tag).host)) ? ",registry.insecure=true" : "";
    return canRewrite ? ["--output", `type=image,"name=${tags.join(",")}",push=true${plain}${layers}`] : ["--push"];
  }
  const dest = `"dest=${output.path.replaceAll('"', '""')}"`;
  if (output.kind === "oci-layout") return ["--output", `type=oci,tar=false,${dest}${layers}`];
  return ["--output", `type=docker,${dest}${rewrite}`];
}

/** Builds to a place beside the one that was named, which becomes it at the end. @throws SwError EXISTS */
export async function builtBeside<T>(plan: ImagePlan, build: (plan: ImagePlan) => Promise<T>): Promise<T> {
  const { output } = plan;
  if (output.kind !== "oci-layout" && output.kind !== "docker-archive") return await build(plan);
  const buildTo = async (path: string) => await build({ ...plan, output: { ...output, path } });
  if (output.kind === "docker-archive") return await publishNewFile(output.path, true, ({ temp }) => buildTo(temp));
  return await publishLayout(output.path, async (temp) => {
    const built = await buildTo(temp);
    // Where BuildKit collects what it receives: nobody else's business.
    await removeTree(`${temp}/ingest`);
    return built;
  });
}
