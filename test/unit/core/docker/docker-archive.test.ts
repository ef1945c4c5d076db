/** The file that `docker load` reads: whole under its name, and an ordinary error where it can't be written. */
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { onlyPlatform, writeDockerArchive } from "#core/docker/docker-archive.ts";
import { imagePlatforms } from "#core/docker/platforms.ts";
import { encodeManifest } from "#core/oci/manifest.ts";
import { parseReference } from "#core/oci/reference.ts";
import { openRegistry } from "#core/oci/registry.ts";
import { storeCtx } from "../store/store-ctx.ts";

async function emptyImage(ctx: Parameters<typeof openRegistry>[0]) {
  const raw = encodeManifest("application/json", {});
  const reference = parseReference("registry.invalid/base:1");
  const base = { reference, registry: await openRegistry(ctx, reference.host), digest: raw.digest, raw };
  const platforms = imagePlatforms(["amd64"]).map((platform) => {
    return { platform, manifest: raw, config: raw, baseLayers: [], layers: [] };
  });
  return { top: raw, platforms, base };
}

test("without its folder there is an error, and none that nobody caught", async () => {
  await using store = await storeCtx();
  const image = onlyPlatform(await emptyImage(store.ctx));
  const written = writeDockerArchive(store.ctx, image, { path: `${store.ctx.cwd}/none/x.tar`, tags: [] });
  expect(written).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  await written.catch(() => {});
  await writeDockerArchive(store.ctx, image, { path: `${store.ctx.cwd}/x.tar`, tags: ["demo:7"] });
  expect((await readdir(store.ctx.cwd)).filter((name) => name.includes("x.tar"))).toEqual(["x.tar"]);
});
