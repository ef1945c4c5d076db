import { expect, test } from "bun:test";
import { type ConfigInput, type PlatformImage, platformImage, topManifest } from "#core/docker/image-config.ts";
import { PREFIX, WORKDIR } from "#core/docker/image-layout.ts";
import {
  descriptorOf,
  ImageConfigSchema,
  ImageIndexSchema,
  ImageManifestSchema,
  parseDocument,
} from "#core/oci/manifest.ts";
import * as types from "#core/oci/media-types.ts";
import { baseOf, digest } from "./subject.ts";

const layer = { mediaType: types.OCI_LAYER_GZIP, digest: digest("1"), size: 5, diffId: digest("2") };
const input = (more: Partial<ConfigInput> = {}): ConfigInput => ({
  base: baseOf("amd64", ["PATH=/usr/bin:/bin", "LANG=C", "VIRTUAL_ENV=/old"]),
  layers: [{ title: "files", layer }],
  variables: { VIRTUAL_ENV: "/new", A: "1" },
  labels: { ours: "2" },
  format: "oci",
  ...more,
});
const configOf = ({ config }: PlatformImage) => parseDocument(ImageConfigSchema, config.bytes, "config");
const manifestOf = ({ manifest }: PlatformImage) => parseDocument(ImageManifestSchema, manifest.bytes, "manifest");

test("variables replace the base's in place, new ones follow, and the runtime is first on PATH", () => {
  expect(configOf(platformImage(input())).config?.Env).toEqual([
    `PATH=${PREFIX}/bin:/usr/bin:/bin`,
    "LANG=C",
    "VIRTUAL_ENV=/new",
    "A=1",
  ]);
  const bare = configOf(platformImage(input({ base: baseOf("amd64") }))).config?.Env;
  expect(bare).toEqual([`PATH=${PREFIX}/bin:/usr/bin:/bin`, "VIRTUAL_ENV=/new", "A=1"]);
});

test("the base's entry, user and labels stay; python is what runs, in the runtime's folder", () => {
  expect(configOf(platformImage(input())).config).toMatchObject({
    ...{ Entrypoint: ["/init"], User: "me", Cmd: ["python"], WorkingDir: WORKDIR },
    Labels: { theirs: "1", ours: "2" },
  });
});

test("layers, their contents' digests and the history go on where the base ends, without the time of today", () => {
  const image = platformImage(input());
  expect(manifestOf(image).layers).toEqual([
    { mediaType: types.OCI_LAYER_GZIP, digest: digest("b"), size: 10 },
    { mediaType: types.OCI_LAYER_GZIP, digest: digest("1"), size: 5 },
  ]);
  const config = configOf(image);
  expect(config.rootfs.diff_ids).toEqual([digest("d"), digest("2")]);
  expect(config.history).toHaveLength(2);
  expect(config.history?.at(-1)).toMatchObject({
    created: "1970-01-01T00:00:00Z",
    created_by: expect.stringContaining("files"),
  });
  expect(config).toMatchObject({ created: "1970-01-01T00:00:00Z", architecture: "amd64", os: "linux" });
  expect(manifestOf(image).config).toEqual(descriptorOf(image.config));
  expect(platformImage(input())).toEqual(image);
});

test("docker's format has docker's names for the same bytes, the base's layers included", () => {
  const image = platformImage(input({ format: "docker" }));
  expect([image.manifest.mediaType, image.config.mediaType]).toEqual([types.DOCKER_MANIFEST, types.DOCKER_CONFIG]);
  expect(manifestOf(image).layers.map(({ mediaType }) => mediaType)).toEqual([
    types.DOCKER_LAYER_GZIP,
    types.DOCKER_LAYER_GZIP,
  ]);
  expect(manifestOf(platformImage(input({ base: basePacked(types.DOCKER_LAYER_GZIP) }))).layers[0]?.mediaType).toBe(
    types.OCI_LAYER_GZIP,
  );
});

const basePacked = (mediaType: string) => {
  const base = baseOf("amd64");
  return {
    ...base,
    manifest: { ...base.manifest, layers: base.manifest.layers.map((one) => ({ ...one, mediaType })) },
  };
};

test("a base with layers that docker's manifests have no name for is refused, one that packs nothing is not", () => {
  const made = (mediaType: string) => () => platformImage(input({ format: "docker", base: basePacked(mediaType) }));
  expect(made(types.OCI_LAYER_ZSTD)).toThrow("layers in zstd");
  expect(manifestOf(made(types.OCI_LAYER)()).layers[0]?.mediaType).toBe(types.DOCKER_LAYER);
});

test("one platform is its manifest, several are an index that says which is which", () => {
  const [amd, arm] = [platformImage(input()), platformImage(input({ base: baseOf("arm64") }))];
  expect(topManifest([amd], "oci")).toBe(amd.manifest);
  const index = topManifest([amd, arm], "oci");
  const { manifests } = parseDocument(ImageIndexSchema, index.bytes, "index");
  expect(manifests.map(({ digest, platform }) => [digest, platform])).toEqual([
    [amd.manifest.digest, { architecture: "amd64", os: "linux" }],
    [arm.manifest.digest, { architecture: "arm64", os: "linux", variant: "v8" }],
  ]);
  expect(index.mediaType).toBe(types.OCI_INDEX);
  expect(topManifest([amd, arm], "docker").mediaType).toBe(types.DOCKER_LIST);
});
