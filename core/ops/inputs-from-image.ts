/**
 * An image as a runtime: its reference, pinned by digest where its registry answers, and nothing else.
 * Tests: test/e2e/build-docker.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { emptyRequirements } from "#core/lock/requirements.ts";
import { renderImageSpec } from "#core/manifest/render-spec.ts";
import { imageDigest } from "#core/oci/image-digest.ts";
import { parseReference } from "#core/oci/reference.ts";
import type { SourceInputs } from "#core/ops/build-source.ts";
import { textEntry } from "#core/ops/collect.ts";
import { specOf } from "#core/ops/inputs-from-venv.ts";

/** @throws SwError USAGE for what is no reference to an image */
export async function inputsFromImage(ctx: Ctx, text: string): Promise<SourceInputs> {
  const image = parseReference(text);
  const name = nameOf(image.repository);
  const digest = await imageDigest(ctx, image);
  if (!digest) ctx.report.warn(`${text} is not pinned: its registry gave no digest, so the image may change`);
  const yaml = renderImageSpec(name, digest && !image.digest ? `${text}@${digest}` : text);
  return {
    name,
    spec: specOf(yaml),
    // Nobody says which Python is in an image; the field is the Python client's and means nothing here.
    python: { minor: "3.11", version: "3.11", from: "host" },
    requirements: emptyRequirements(),
    lock: null,
    lockCached: false,
    lockFiles: [],
    entries: [await textEntry(ctx, "runtime.yaml", yaml)],
    facts: { source: "docker" },
  };
}

/** The last part of the path: neither a registry's port nor a digest belongs to a name. */
function nameOf(repository: string): string {
  const last = repository.slice(repository.lastIndexOf("/") + 1);
  return /^[a-z_]/.test(last) ? last.slice(0, 80) : `image-${last}`.slice(0, 80);
}
