/**
 * An image as a runtime: its reference, pinned by digest where its registry answers, and nothing else.
 * Tests: test/e2e/build-docker.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { emptyRequirements } from "#core/lock/requirements.ts";
import { renderImageSpec } from "#core/manifest/render-spec.ts";
import { imageDigest } from "#core/oci/image-digest.ts";
import { parseReference, type Reference } from "#core/oci/reference.ts";
import type { SourceInputs } from "#core/ops/build-source.ts";
import { textEntry } from "#core/ops/collect.ts";
import { specOf } from "#core/ops/inputs-from-venv.ts";

/** @throws SwError USAGE for what is no reference to an image */
export async function inputsFromImage(ctx: Ctx, text: string): Promise<SourceInputs> {
  const image = parseReference(text);
  const wished = image.repository.slice(image.repository.lastIndexOf("/") + 1);
  const name = nameOf(wished);
  const yaml = renderImageSpec(name, await pinned(ctx, text, image));
  return {
    name,
    wished,
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

async function pinned(ctx: Ctx, text: string, image: Reference): Promise<string> {
  const digest = await imageDigest(ctx, image);
  if (digest === undefined || digest === "absent") {
    const why = digest
      ? `${image.host} has no such image (yet)`
      : "its registry gave no digest, so the image may change";
    ctx.report.warn(`${text} is not pinned: ${why}`);
    return text;
  }
  return image.digest ? text : `${text}@${digest}`;
}

/** From the last part of the path: neither a registry's port nor a digest belongs to a name. */
const nameOf = (last: string) => (/^[a-z_]/.test(last) ? last : `image-${last}`).slice(0, 80);
