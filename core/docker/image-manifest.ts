/**
 * The `_manifest.yaml` inside an image: the package's, without what its builder's machine said of itself, so that one
 * version gives one image wherever it was built. Pure. Tests: test/unit/core/docker/image-manifest.test.ts
 */
import { DEFAULT_IMAGE_REPO } from "#core/manifest/base-image.ts";
import { DEFAULT_STARWHALE_VERSION, manifestText, type PackageManifest } from "#core/manifest/package-manifest.ts";

const EPOCH_TEXT = "1970-01-01 00:00:00 UTC";

/** What a version id does not count (docs/disk.md, "Keys") has the same value everywhere. */
export function imageManifestText(manifest: PackageManifest): string {
  const { environment, docker } = manifest;
  const { name, tag } = docker.builtin_run_image;
  const builtin = { fullname: name ? `${DEFAULT_IMAGE_REPO}/${name}:${tag}` : "", name, repo: DEFAULT_IMAGE_REPO, tag };
  return manifestText({
    ...manifest,
    base_image: docker.custom_run_image || builtin.fullname,
    build: { os: "Linux", sw_version: DEFAULT_STARWHALE_VERSION },
    created_at: EPOCH_TEXT,
    docker: { ...docker, builtin_run_image: builtin },
    environment: {
      ...environment,
      lock: {
        ...environment.lock,
        env_name: "",
        env_prefix_path: "",
        env_use_shell: false,
        shell: { python_env: "system", python_version: environment.python, use_conda: false, use_venv: false },
        system: "Linux",
      },
    },
  });
}
