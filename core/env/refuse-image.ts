/**
 * A runtime that is an image has no environment on the host: what to run instead. Pure but for reading the manifest.
 * Tests: test/e2e/build-docker.test.ts
 */
import { SwError } from "#core/errors.ts";
import type { PackageManifest } from "#core/manifest/manifest-schema.ts";

/** Ours say so; the Python client's are known by having an image and nothing to install. */
export function isImageRuntime(manifest: PackageManifest): boolean {
  if (manifest.swcli) return manifest.swcli.source === "docker";
  const { raw_deps } = manifest.dependencies;
  const isEmpty = raw_deps?.length === 0 && !manifest.environment.auto_lock_dependencies;
  return manifest.docker.custom_run_image !== "" && isEmpty;
}

/** @throws SwError RUNTIME_IS_IMAGE that names the image and the line to run it */
export function refuseImage(manifest: PackageManifest): void {
  if (!isImageRuntime(manifest)) return;
  const image = manifest.docker.custom_run_image;
  throw new SwError("RUNTIME_IS_IMAGE", `this runtime is the image ${image}; it has no environment on this machine`, {
    hint: `docker run --rm -it ${image}`,
    detail: { image },
  });
}
