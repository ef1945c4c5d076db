import { expect, test } from "bun:test";
import { encodeManifest } from "#core/oci/manifest.ts";
import { OCI_CONFIG, OCI_MANIFEST } from "#core/oci/media-types.ts";
import * as artifact from "#core/transfer/oci-artifact.ts";

const layer = (mediaType: string, char: string) => ({ mediaType, digest: `sha256:${char.repeat(64)}`, size: 3 });
const parts = {
  ...{ name: "demo", version: "abc", config: layer(artifact.RUNTIME_CONFIG, "1") },
  ...{ manifest: layer(artifact.RUNTIME_MANIFEST, "2"), layers: [layer(artifact.RUNTIME_BLOB, "3")] },
};

test("a document says its runtime, is read back, and is the same each time", () => {
  const raw = artifact.encodeArtifact(parts);
  expect(artifact.encodeArtifact(parts).digest).toBe(raw.digest);
  const json = JSON.parse(new TextDecoder().decode(raw.bytes));
  expect(json).toMatchObject({ artifactType: artifact.RUNTIME_ARTIFACT, mediaType: OCI_MANIFEST });
  const read = artifact.decodeArtifact(raw, "x");
  expect([read.name, read.version, read.manifest.digest]).toEqual(["demo", "abc", parts.manifest.digest]);
  expect(read.layers).toHaveLength(2);
});

test("an image is no runtime", () => {
  const image = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: layer(OCI_CONFIG, "1"), layers: [] };
  const raw = encodeManifest(OCI_MANIFEST, image);
  expect(() => artifact.decodeArtifact(raw, "x")).toThrow("something else than a runtime");
});

test("a config that would leave the store, or comes from a newer swcli, is refused", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const good = artifact.newConfig({ version: "abc", entries: [], packs: [], parts: [] });
  expect(artifact.decodeConfig(bytes(good), "x")).toEqual(good);
  const entry = { path: "a", mode: 0o644, type: "file", size: 1, sha256: `../../${"a".repeat(58)}` };
  const hostile = [
    { ...good, entries: [entry] },
    { ...good, version: "../x" },
    { ...good, packs: [{ sha256: "../x", blobs: [] }] },
    { ...good, parts: [{ sha256: "a".repeat(64), part_size: 0, parts: [] }] },
  ];
  for (const config of hostile) expect(() => artifact.decodeConfig(bytes(config), "x")).toThrow("can't be read");
  expect(() => artifact.decodeConfig(bytes({ ...good, format: 2 }), "x")).toThrow("newer swcli");
});
