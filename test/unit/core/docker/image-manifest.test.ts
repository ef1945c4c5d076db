import { expect, test } from "bun:test";
import { imageManifestText } from "#core/docker/image-manifest.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";

const built = (machine: string, more = "") =>
  parseManifest(`version: ${"a".repeat(40)}
created_at: 2024-05-06 01:02:03 ${machine}
build: { os: ${machine}, sw_version: ${machine} }
base_image: ${machine}.example/sw/base:0.3.4
docker: { builtin_run_image: { fullname: '${machine}.example/sw/base:0.3.4', repo: ${machine}.example/sw, name: base, tag: 0.3.4 }${more} }
environment:
  python: '3.11'
  lock:
    starwhale_version: 0.6.1
    env_name: ${machine}
    env_prefix_path: /home/${machine}/env
    env_use_shell: true
    system: ${machine}
    shell: { python_env: conda, python_version: ${machine}, use_conda: true, use_venv: true }
`);

test("whoever built the package, the image holds the same text, and nothing of the builder's machine", () => {
  const text = imageManifestText(built("alice"));
  expect(text).toBe(imageManifestText(built("bob")));
  expect(text).not.toContain("alice");
});

test("what the runtime is stays: version, Python, the client's version that a server asks for", () => {
  const back = parseManifest(imageManifestText(built("alice")));
  expect(back.version).toBe("a".repeat(40));
  expect(back.environment).toMatchObject({ python: "3.11", lock: { starwhale_version: "0.6.1", system: "Linux" } });
  expect(back.docker.builtin_run_image).toMatchObject({ name: "base", tag: "0.3.4" });
  expect(back.base_image).toBe(back.docker.builtin_run_image.fullname);
});

test("a custom image is the base, and a runtime without a built-in one names none", () => {
  const custom = parseManifest(imageManifestText(built("alice", ", custom_run_image: my/base:1")));
  expect(custom.base_image).toBe("my/base:1");
  const none = imageManifestText(parseManifest(`version: ${"a".repeat(40)}\nenvironment: { python: '3.13' }\n`));
  expect(parseManifest(none).base_image).toBe("");
});
