/** What is fetched of a base image, and bases that are images of ours. */
import { afterAll, beforeAll, expect } from "bun:test";
import { OCI_MANIFEST } from "#core/oci/media-types.ts";
import { tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { type Gate, openGate } from "../servers/registry-gate.ts";
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

async function layersOf(repository: string, tag: string): Promise<string[]> {
  const url = `http://${registry.host}/v2/${repository}/manifests/${tag}`;
  const { layers } = JSON.parse(await (await fetch(url, { headers: { accept: OCI_MANIFEST } })).text());
  return layers.map(({ digest }: { digest: string }) => digest);
}

/** Downloads of layers of the base: its config is a blob too, kept from the first time on. */
const layerDownloads = async (gate: Gate): Promise<string[]> => {
  const digests = await layersOf("base/python", "3.11");
  return gate.seen.filter((line) => line.startsWith("GET ") && digests.some((digest) => line.endsWith(digest)));
};

const uploads = (gate: Gate, repository: string) =>
  gate.seen.filter((line) => line.startsWith(`PUT /v2/${repository}/blobs/uploads/`)).length;

testImage(
  "a base in the target's registry is looked into once, and its layers are mounted, not sent",
  async () => {
    await using gate = openGate(registry);
    await using home = await tempHome();
    await buildForImage(home);
    const from = base.replace(registry.host, gate.host);
    for (const name of ["one", "two"]) {
      await dockerize(home, "-t", `${gate.host}/mounted/${name}:1`, "--base-image", from, "--push");
      const layers = await layersOf(`mounted/${name}`, "1");
      // All but the base's layer, and the config.
      expect(uploads(gate, `mounted/${name}`)).toBe(layers.length);
    }
    expect(await layerDownloads(gate)).toHaveLength(1);
  },
  SLOW,
);

testImage(
  "a base whose layers go elsewhere is downloaded once, not again after it was looked into",
  async () => {
    await using gate = openGate(registry);
    await using home = await tempHome();
    await buildForImage(home);
    const from = base.replace(registry.host, gate.host);
    await dockerize(home, "-t", "demo:1", "--base-image", from, "--to", "oci-layout=out");
    await dockerize(home, "-t", `${registry.host}/elsewhere/x:1`, "--base-image", from, "--push");
    expect(await layerDownloads(gate)).toHaveLength(1);
  },
  SLOW,
);

testImage(
  "a base that is an image of a runtime is refused by name, not made into a broken image",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const runtime = `${registry.host}/runtime/x:1`;
    await dockerize(home, "-t", runtime, "--base-image", base, "--push");
    const args = ["-t", `${registry.host}/runtime/y:1`, "--base-image", runtime, "--push"];
    const ran = await home.run(["runtime", "dockerize", "demo", ...args]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain(`the base image ${runtime} is itself an image of a runtime`);
    expect((await fetch(`http://${registry.host}/v2/runtime/y/tags/list`)).status).toBe(404);
  },
  SLOW,
);

testImage(
  "a job that is started again takes the base that it had at first, whatever the tag means by then",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1500 });
    await using home = await tempHome();
    await buildForImage(home);
    const moving = await pushTinyBase(registry.host, { repository: "base/moving" });
    const from = moving.replace(registry.host, gate.host);
    const image = `${registry.host}/moving/x:1`;
    const args = ["-q", "runtime", "dockerize", "demo", "-t", image, "--base-image", from, "--push", "--detach"];
    const id = (await home.run(args)).stdout.trim();
    const info = async () => (await home.run(["-o", "json", "job", "info", id])).json;
    while (Object.keys((await info()).decided).length === 0) await Bun.sleep(20);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    process.kill(pid, "SIGKILL");
    while ((await home.processes()).includes(pid)) await Bun.sleep(10);
    await pushTinyBase(registry.host, { repository: "base/moving", env: ["PATH=/usr/bin", "MOVED=1"] });
    expect(await home.run(["job", "wait", id])).toMatchObject({ exitCode: 0 });
    const ended = await info();
    expect(ended).toMatchObject({ state: "done", interruptions: 1 });
    expect(Object.values(ended.decided)).toEqual([ended.result.base.digest]);
    const seen = await home.exec(["skopeo", "inspect", "--tls-verify=false", `docker://${image}`]);
    expect(seen.json.Env).not.toContain("MOVED=1");
  },
  SLOW,
);
