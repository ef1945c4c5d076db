import { expect, test } from "bun:test";
import {
  DescriptorSchema,
  descriptorOf,
  encodeManifest,
  ImageConfigSchema,
  ImageIndexSchema,
  ImageManifestSchema,
  isIndex,
  parseDocument,
} from "#core/oci/manifest.ts";
import { DOCKER_LIST, OCI_INDEX, OCI_MANIFEST } from "#core/oci/media-types.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const descriptor = { mediaType: "x", digest: `sha256:${"a".repeat(64)}`, size: 3 };

test("equal values give equal bytes, and the digest is that of the bytes", () => {
  const one = encodeManifest(OCI_MANIFEST, { b: 1, a: { d: undefined, c: 2 } });
  const two = encodeManifest(OCI_MANIFEST, { a: { c: 2 }, b: 1 });
  expect(two).toEqual(one);
  expect(one.digest).toBe(`sha256:${new Bun.CryptoHasher("sha256").update(one.bytes).digest("hex")}`);
  expect(descriptorOf(one)).toEqual({ mediaType: OCI_MANIFEST, digest: one.digest, size: one.bytes.length });
});

test("what we don't know of somebody else's manifest is kept", () => {
  const document = {
    schemaVersion: 2,
    config: { ...descriptor, urls: ["u"] },
    layers: [descriptor],
    subject: { x: 1 },
  };
  const read: unknown = parseDocument(ImageManifestSchema, bytes(document), "it");
  expect(read).toEqual(document);
});

test("the index of either format is told from a manifest", () => {
  const of = (mediaType: string) => isIndex({ mediaType, digest: "", bytes: bytes({}) });
  expect([OCI_INDEX, DOCKER_LIST, OCI_MANIFEST].map(of)).toEqual([true, true, false]);
});

test("nothing in a config but the platform and the layers has to be there", () => {
  const least = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } };
  expect(parseDocument(ImageConfigSchema, bytes({ ...least, config: null, history: null }), "it")).toMatchObject(least);
  const config = { Env: null, Labels: null, User: "me" };
  expect(parseDocument(ImageConfigSchema, bytes({ ...least, config }), "it").config).toEqual(config);
});

test.each([
  ["../../etc/passwd", { digest: "sha256:../../etc/passwd" }],
  ["a short digest", { digest: "sha256:ab" }],
  ["another hash", { digest: `sha512:${"a".repeat(128)}` }],
  ["a negative size", { size: -1 }],
  ["a size that no number holds", { size: 2 ** 60 }],
])("a descriptor with %s is refused: its digest becomes a path", (_, wrong) => {
  const read = () => parseDocument(DescriptorSchema, bytes({ ...descriptor, ...wrong }), "the manifest of x:1");
  expect(read).toThrow("the manifest of x:1 can't be read");
});

test("a document of another shape is an error that names what it was and the field", () => {
  const index = bytes({ schemaVersion: 2, manifests: [{ ...descriptor, digest: 1 }] });
  expect(() => parseDocument(ImageIndexSchema, index, "the index")).toThrow(
    "the index can't be read: manifests.0.digest",
  );
  expect(() => parseDocument(ImageIndexSchema, new TextEncoder().encode("<html>"), "the index")).toThrow("no JSON");
  expect(() => parseDocument(ImageManifestSchema, bytes({ schemaVersion: 1 }), "it")).toThrow("schemaVersion");
});
