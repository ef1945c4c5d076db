/**
 * The digest that an image's registry has for its tag, when it answers soon; a build does not depend on it.
 * Tests: test/e2e/build-docker.test.ts
 */
import { type Ctx, withCtx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { manifestKey, type Reference } from "#core/oci/reference.ts";
import { headManifest, openRegistry } from "#core/oci/registry.ts";

// A registry that does not answer must not make people wait: the image is then taken as it is named.
const PATIENCE_MS = 3000;

/** `sha256:…`; "absent" when the registry has no such image, undefined when it does not answer, refuses or does not say. */
export async function imageDigest(ctx: Ctx, image: Reference): Promise<string | "absent" | undefined> {
  if (image.digest) return image.digest;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const own = withCtx(ctx, { signal: AbortSignal.any([ctx.signal, patience]) });
  try {
    const registry = await openRegistry(own, image.host);
    return (await headManifest(registry, image.repository, manifestKey(image))) ?? "absent";
  } catch (e) {
    if (ctx.signal.aborted || !(e instanceof SwError || patience.aborted)) throw e;
    ctx.report.log(`${image.host} gave no digest: ${e instanceof Error ? e.message : String(e)}`);
    return undefined;
  }
}
