/** Runtimes in image registries: pushed by what is missing, pulled by what is missing, resumed after a kill. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { countingProxy } from "../servers/counting-proxy.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";
import { openGate } from "../servers/registry-gate.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const testRegistry = testWith(await registryMissing());

const noise = (bytes: number): Uint8Array => {
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(all.subarray(at, Math.min(at + 65_536, bytes)));
  return all;
};

async function imported(home: Home, word: string, files: Record<string, Uint8Array | string>): Promise<string> {
  const version = versionOf(word);
  const bytes = await makePackage({ version, name: "demo", files });
  const done = await home.run(["runtime", "import", await home.write(`${word}.swrt`, bytes), "--name", "demo"]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
  return version;
}

const small = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`small/${i}.txt`, `content ${i}\n`.repeat(9)]));

bothModes((mode) => {
  testRegistry(
    "a runtime goes through a registry to another machine, member for member",
    async () => {
      await using registry = await startRegistry();
      await using one = await tempHome({ mode });
      await using two = await tempHome({ mode });
      const version = await imported(one, "one", { ...small, big: noise(300_000), empty: "" });
      await one.run(["runtime", "tag", "demo", "stable"]);
      const uri = `oci://${registry.host}/team/demo`;
      const up = await one.run(["-o", "json", "runtime", "copy", "demo", uri]);
      expect(up).toMatchObject({ exitCode: 0 });
      expect(up.json).toMatchObject({
        version,
        destination: `${uri}:${version}`,
        tags: [{ tag: "stable", state: "added" }],
      });
      for (const tag of ["", ":latest", ":stable", `:${version}`]) {
        const down = await two.run(["-o", "json", "runtime", "copy", "-f", `${uri}${tag}`, "."]);
        expect(down.json).toMatchObject({ version, name: "demo" });
      }
      const info = await two.run(["-o", "json", "runtime", "info", "demo"]);
      expect(info.json.basic.tags).toEqual(["latest", "v0", "stable"]);
      await one.run(["runtime", "copy", "demo", "here.swrt"]);
      await two.run(["runtime", "copy", "demo", "there.swrt"]);
      expect(await readFile(`${two.dir}/there.swrt`)).toEqual(await readFile(`${one.dir}/here.swrt`));
    },
    30_000,
  );
});

testRegistry(
  "a push to what is there says same or other, and moves tags by force only",
  async () => {
    await using registry = await startRegistry();
    await using home = await tempHome({ mode: "in-process" });
    const first = await imported(home, "one", small);
    const uri = `oci://${registry.host}/demo`;
    expect(await home.run(["runtime", "copy", "demo", `${uri}:prod`])).toMatchObject({ exitCode: 0 });
    const again = await home.run(["runtime", "copy", "demo", `${uri}:prod`]);
    expect(again).toMatchObject({ exitCode: 4 });
    expect(again.stderr).toContain("with the same content");
    expect(await home.run(["runtime", "copy", "--skip-existing", "demo", `${uri}:prod`])).toMatchObject({
      exitCode: 0,
    });
    const second = await imported(home, "two", { ...small, more: "x" });
    const taken = await home.run(["runtime", "copy", "demo", `${uri}:prod`]);
    expect(taken).toMatchObject({ exitCode: 4 });
    expect(taken.stderr).toContain("with other content");
    expect(await home.run(["runtime", "copy", "-f", "demo", `${uri}:prod`])).toMatchObject({ exitCode: 0 });
    const list = await home.run(["-o", "json", "runtime", "list", "--project", uri]);
    const tagged = (version: string) => list.json.find((row: { version: string }) => row.version === version)?.tags;
    expect([tagged(first), tagged(second)]).toEqual([[], ["prod"]]);
    const shown = await home.run(["-o", "json", "runtime", "info", `${uri}:prod`]);
    expect(shown.json.basic).toMatchObject({ version: second, name: "demo" });
  },
  30_000,
);

testRegistry(
  "a second version sends what changed, and another repository gets it without bytes",
  async () => {
    await using registry = await startRegistry();
    await using proxy = await countingProxy(registry.host);
    await using home = await tempHome({ mode: "in-process" });
    const big = noise(3_000_000);
    const changed = noise(400_000);
    await imported(home, "one", { ...small, big, part: noise(400_000) });
    const uri = `oci://${proxy.host}/demo`;
    const sentBy = async (...args: string[]) => {
      const before = proxy.up;
      expect(await home.run(["runtime", "copy", ...args])).toMatchObject({ exitCode: 0 });
      return proxy.up - before;
    };
    expect(await sentBy("demo", uri)).toBeGreaterThan(3_400_000);
    await imported(home, "two", { ...small, big, part: changed });
    expect(await sentBy("demo", uri)).toBeLessThan(400_000 * 1.05);
    expect(await sentBy(`${uri}:latest`, `oci://${proxy.host}/mirror/demo`)).toBeLessThan(20_000);
    const before = proxy.down;
    expect(await home.run(["runtime", "copy", uri, "again"])).toMatchObject({ exitCode: 0 });
    expect(proxy.down - before).toBeLessThan(20_000);
  },
  30_000,
);

testRegistry(
  "a download that breaks off goes on at the byte where it broke, an upload with the piece that broke",
  async () => {
    await using registry = await startRegistry();
    await using gate = openGate(registry);
    await using one = await tempHome({ mode: "in-process" });
    await using two = await tempHome({ mode: "in-process" });
    const version = await imported(one, "one", { ...small, big: noise(5_000_000) });
    const uri = `oci://${gate.host}/demo`;
    gate.trouble.cutUploads = { times: 2, after: 1_500_000 };
    expect(await one.run(["runtime", "copy", "demo", uri])).toMatchObject({ exitCode: 0 });
    expect(gate.trouble.cutUploads.times).toBe(0);
    // No more than the pieces that broke, each once more.
    expect(gate.sent()).toBeLessThan(5_000_000 + 2 * 2_097_152 + 50_000);
    gate.trouble.cutDownloads = { times: 2, after: 1_500_000 };
    const pulled = await two.run(["-o", "json", "runtime", "copy", uri, "."]);
    expect(pulled.json).toMatchObject({ version });
    expect(gate.ranges).toHaveLength(2);
    for (const range of gate.ranges) expect(Number(/^bytes=(\d+)-$/.exec(range)?.[1])).toBeGreaterThan(500_000);
  },
  30_000,
);

testRegistry(
  "the documents of a runtime are read by media types that docs/oci.md names, without the rest",
  async () => {
    await using registry = await startRegistry();
    await using home = await tempHome({ mode: "in-process" });
    await imported(home, "one", {
      ...small,
      "runtime.yaml": "name: demo\n",
      middle: noise(90_000),
      big: noise(5_000_000),
    });
    await home.run(["runtime", "copy", "demo", `oci://${registry.host}/demo`]);
    const accept = "application/vnd.oci.image.manifest.v1+json";
    const at = `http://${registry.host}/v2/demo`;
    // biome-ignore lint/suspicious/noExplicitAny: the registry's own answer
    const document: any = await (await fetch(`${at}/manifests/latest`, { headers: { accept } })).json();
    const types = [document.artifactType, document.config.mediaType];
    for (const { mediaType } of document.layers) types.push(mediaType);
    const documented = await readFile(join(import.meta.dir, "../../docs/oci.md"), "utf8");
    for (const type of types) expect(documented).toContain(`\`${type}\``);
    expect(new Set(types).size).toBe(6);
    const [manifest, ...layers] = document.layers;
    const textOf = async (digest: string) => await (await fetch(`${at}/blobs/${digest}`)).text();
    expect(await textOf(manifest.digest)).toContain(versionOf("one"));
    const title = "org.opencontainers.image.title";
    const yaml = layers.find(
      (layer: { annotations?: Record<string, string> }) => layer.annotations?.[title] === "runtime.yaml",
    );
    expect(await textOf(yaml.digest)).toContain("name: demo\n");
  },
  30_000,
);

testRegistry(
  "registries and servers exchange runtimes, and what is no runtime is refused",
  async () => {
    await using registry = await startRegistry();
    await using server = await startStarwhale();
    await using home = await tempHome({ mode: "in-process" });
    await loggedIn(home, server);
    const version = await imported(home, "one", small);
    const uri = `oci://${registry.host}/demo`;
    await home.run(["runtime", "copy", "demo", "pre-k8s/project/starwhale"]);
    expect(await home.run(["runtime", "copy", "pre-k8s/project/starwhale/demo", uri])).toMatchObject({ exitCode: 0 });
    const back = await home.run(["-o", "json", "runtime", "copy", uri, "pre-k8s/project/starwhale/again"]);
    expect(back.json).toMatchObject({ version, name: "again" });
    expect(await home.run(["runtime", "copy", `oci://${registry.host}/nothing`, "."])).toMatchObject({ exitCode: 3 });
    const image = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", layers: [] };
    const config = {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: await pushed(registry.host),
      size: 2,
    };
    const put = await fetch(`http://${registry.host}/v2/demo/manifests/image`, {
      method: "PUT",
      headers: { "content-type": image.mediaType },
      body: JSON.stringify({ ...image, config }),
    });
    expect(put.status).toBe(201);
    const refused = await home.run(["runtime", "copy", `${uri}:image`, "."]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("something else than a runtime");
  },
  30_000,
);

/** `{}` as a blob of the repository demo. */
async function pushed(host: string): Promise<string> {
  const digest = `sha256:${new Bun.CryptoHasher("sha256").update("{}").digest("hex")}`;
  const begun = await fetch(`http://${host}/v2/demo/blobs/uploads/`, { method: "POST" });
  const url = new URL(begun.headers.get("location") ?? "", `http://${host}`);
  url.searchParams.set("digest", digest);
  await fetch(url, { method: "PUT", body: "{}", headers: { "content-type": "application/octet-stream" } });
  return digest;
}

testRegistry(
  "a registry with passwords is opened by docker's config, and by nothing less",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const hash = await Bun.password.hash("s3cret", { algorithm: "bcrypt", cost: 4 });
    const users = await home.write("htpasswd", `ann:${hash}\n`);
    await using registry = await startRegistry({ config: `auth: { htpasswd: { realm: r, path: ${users} } }` });
    const version = await imported(home, "one", small);
    const uri = `oci://${registry.host}/demo`;
    const refused = await home.run(["runtime", "copy", "demo", uri]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain("AUTH_FAILED");
    const auth = Buffer.from("ann:s3cret").toString("base64");
    await home.write(".docker/config.json", JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const pushed = await home.run(["-v", "runtime", "copy", "demo", uri]);
    expect(pushed).toMatchObject({ exitCode: 0 });
    expect(pushed.stderr).not.toContain(auth);
    const pulled = await home.run(["-o", "json", "runtime", "copy", uri, "back"]);
    expect(pulled.json).toMatchObject({ version });
  },
  30_000,
);

testRegistry(
  "a registry that gives other bytes than it promised gets nothing into the store",
  async () => {
    await using registry = await startRegistry();
    await using home = await tempHome({ mode: "in-process" });
    await imported(home, "one", { ...small, big: noise(2_500_000) });
    const uri = `oci://${registry.host}/demo`;
    await home.run(["runtime", "copy", "demo", uri]);
    await home.run(["runtime", "remove", "-f", "demo"]);
    await home.run(["gc", "--yes"]);
    const blobs = `${registry.dir}/data/docker/registry/v2/blobs`;
    for await (const path of new Bun.Glob("**/data").scan(blobs)) {
      const file = Bun.file(`${blobs}/${path}`);
      if (file.size === 2 * 1024 * 1024) await Bun.write(file, noise(file.size));
    }
    const done = await home.run(["runtime", "copy", uri, "."]);
    expect(done).toMatchObject({ exitCode: 1 });
    expect(done.stderr).toContain("HASH_MISMATCH");
    expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
  },
  30_000,
);

test("a digest can't be pushed to", async () => {
  await using home = await tempHome({ mode: "in-process" });
  await imported(home, "one", {});
  const uri = `oci://127.0.0.1:1/demo@sha256:${"0".repeat(64)}`;
  expect(await home.run(["runtime", "copy", "demo", uri])).toMatchObject({ exitCode: 2 });
});
