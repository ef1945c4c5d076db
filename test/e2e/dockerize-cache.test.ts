/** Layers that stay on this machine: damaged ones, and those that take too much room. */
import { afterAll, beforeAll, expect } from "bun:test";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const SLOW = 60_000;

let registry: RegistryServer;
let base: string;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  base = await pushTinyBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const cacheDir = (home: Home) => join(home.root, ".store/v1/cache/images/blobs");

/** As after a power loss: right sizes, other bytes. */
async function damageAll(home: Home): Promise<number> {
  const names = await readdir(cacheDir(home));
  for (const name of names) {
    const path = join(cacheDir(home), name);
    await writeFile(path, Buffer.alloc((await stat(path)).size));
  }
  return names.length;
}

testImage(
  "damaged layers of the cache get into no image: they are made or fetched anew, wherever it goes",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const args = ["-t", "demo:1", "--base-image", base];
    const first = await dockerize(home, ...args, "--to", "oci-layout=first");
    for (const to of ["oci-layout=again", "docker-archive=again.tar"]) {
      expect(await damageAll(home)).toBeGreaterThan(2);
      expect((await dockerize(home, ...args, "--to", to)).digest).toBe(first.digest);
    }
    for (const source of ["oci:again:1", "docker-archive:again.tar"]) {
      expect(await home.exec(["skopeo", "copy", source, `dir:${source.replace(/\W/g, "-")}`])).toMatchObject({
        exitCode: 0,
      });
    }
    await damageAll(home);
    const image = `${registry.host}/damaged/x:1`;
    expect((await dockerize(home, "-t", image, "--base-image", base, "--push")).digest).toBe(first.digest);
  },
  SLOW,
);

testImage(
  "fsck names damaged layers and drops them, and nothing is left to do",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    await dockerize(home, "-t", "demo:1", "--base-image", base, "--to", "oci-layout=out");
    const count = await damageAll(home);
    const report = await home.run(["-o", "json", "fsck"]);
    expect(report).toMatchObject({ exitCode: 0, json: { ok: true, checked: { layers: count } } });
    expect(report.json.problems).toHaveLength(count);
    expect(report.json.problems[0]).toMatchObject({ kind: "layer", done: "dropped", used_by: [] });
    expect((await home.run(["fsck"])).stdout).toContain("nothing is wrong");
  },
  SLOW,
);

testImage(
  "gc takes layers by age, or above the limit of the config, and says how much that is",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const make = () =>
      dockerize(home, "-t", "demo:1", "--base-image", base, "--to", `oci-layout=${crypto.randomUUID()}`);
    const { digest } = await make();
    const count = (await readdir(cacheDir(home))).length;
    const gc = async (...args: string[]) => (await home.run(["-o", "json", "gc", "--yes", ...args])).json;
    expect((await gc()).layers).toEqual({ count: 0, bytes: 0 });
    const taken = await gc("--older-than", "0s");
    expect(taken.layers.count).toBe(count);
    expect(taken.freed_bytes).toBeGreaterThanOrEqual(taken.layers.bytes);
    expect((await make()).digest).toBe(digest);
    await home.write(".config/starwhale/config.yaml", "version: '2.0'\nswcli: {limits: {images_size: 0}}\n");
    expect((await home.run(["gc", "--dry-run"])).stdout).toContain(`cached layers of images ${count} files`);
    expect((await gc()).layers.count).toBe(count);
    expect(await readdir(cacheDir(home))).toEqual([]);
  },
  SLOW,
);
