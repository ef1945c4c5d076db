/** Runtimes that are images: copied under other names, built only when their registry says that they don't exist. */
import { afterAll, beforeAll, expect } from "bun:test";
import { tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const noEngine =
  Bun.which("docker") && Bun.spawnSync(["docker", "version"]).exitCode === 0 ? undefined : "a docker engine";
const SLOW = 120_000;

let registry: RegistryServer;
let base: string;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  base = await pushTinyBase(registry.host, { architectures: ["amd64", "arm64"] });
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const digestOf = async (image: string): Promise<string | null> => {
  const [host = "", rest = ""] = [image.slice(0, image.indexOf("/")), image.slice(image.indexOf("/") + 1)];
  const colon = rest.lastIndexOf(":");
  const accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
  const path = `http://${host}/v2/${rest.slice(0, colon)}/manifests/${rest.slice(colon + 1)}`;
  return (await fetch(path, { method: "HEAD", headers: { accept } })).headers.get("docker-content-digest");
};

testImage(
  "configs.docker.image is copied with all its platforms, and nothing is built",
  async () => {
    await using home = await tempHome();
    const { version } = await buildForImage(home, { more: [`configs: { docker: { image: '${base}' } }`] });
    const made = await dockerize(home, "-t", `${registry.host}/copied/x:1`, "--push");
    expect(made).toMatchObject({ engine: "copy", digest: await digestOf(base), pushed: true });
    expect(await digestOf(`${registry.host}/copied/x:1`)).toBe(await digestOf(base));
    const unnamed = await dockerize(home, "--push");
    expect(unnamed.tags).toEqual([`${base.replace(/:3.11$/, "")}:${version}`]);
  },
  SLOW,
);

testImage(
  "an image that its registry does not have is built from the dependencies and named image:version",
  async () => {
    await using home = await tempHome();
    const image = `${registry.host}/mine/runtime:old`;
    const { version } = await buildForImage(home, { more: [`configs: { docker: { image: '${image}' } }`] });
    const made = await home.run(["-o", "json", "runtime", "dockerize", "demo", "--base-image", base, "--push"]);
    expect(made.stderr).toContain("does not exist");
    expect(made.json).toMatchObject({ engine: "direct", tags: [`${registry.host}/mine/runtime:${version}`] });
    expect(await digestOf(`${registry.host}/mine/runtime:${version}`)).toBe(made.json.digest);
  },
  SLOW,
);

testImage(
  "an image whose registry can't be reached is an error unless --build-anyway",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { more: ["configs: { docker: { image: '127.0.0.1:1/mine/runtime' } }"] });
    const args = [
      "-o",
      "json",
      "runtime",
      "dockerize",
      "demo",
      "-t",
      "demo:1",
      "--base-image",
      base,
      "--to",
      "oci-layout=out",
    ];
    const refused = await home.run(args);
    expect(refused.exitCode).toBe(1);
    expect(refused.json.error.hint).toContain("--build-anyway");
    const built = await home.run([...args, "--build-anyway"]);
    expect(built.json).toMatchObject({ engine: "direct" });
  },
  SLOW,
);

testImage(
  "a runtime made with build --docker is copied and never built",
  async () => {
    await using home = await tempHome();
    const built = await home.run(["-o", "json", "runtime", "build", "--docker", base, "-n", "demo"]);
    expect(built.exitCode).toBe(0);
    const made = await dockerize(home, "-t", `${registry.host}/docker/x:1`, "--push");
    expect(made).toMatchObject({ engine: "copy", digest: await digestOf(base) });
    await home.run(["-o", "json", "runtime", "build", "--docker", `${registry.host}/gone/image:1`, "-n", "demo"]);
    const gone = await home.run([
      "runtime",
      "dockerize",
      "demo",
      "-t",
      `${registry.host}/docker/y:1`,
      "--push",
      "--build-anyway",
    ]);
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr).toContain("does not exist");
  },
  SLOW,
);

testWith(missing, noEngine)(
  "in docker the image is pulled, or there already, and gets the names; one that does not exist is built",
  async () => {
    await using home = await tempHome();
    const held = async (image: string) =>
      (await home.exec(["docker", "image", "inspect", image, "-f", "{{.Id}}"])).stdout;
    const forget = async (...images: string[]) => await home.exec(["docker", "rmi", "-f", ...images]);
    await buildForImage(home, { more: [`configs: { docker: { image: '${base}' } }`] });
    expect(await dockerize(home, "-t", "swcli-test/pulled:1")).toMatchObject({ engine: "copy", pushed: false });
    expect(await held("swcli-test/pulled:1")).toMatch(/^sha256:/);

    await buildForImage(home, { more: ["configs: { docker: { image: 'swcli-test.invalid/pulled:1' } }"] });
    await home.exec(["docker", "tag", "swcli-test/pulled:1", "swcli-test.invalid/pulled:1"]);
    expect(await dockerize(home, "-t", "swcli-test/own:1")).toMatchObject({ engine: "copy" });
    expect(await held("swcli-test/own:1")).toBe(await held("swcli-test/pulled:1"));
    await forget("swcli-test.invalid/pulled:1", "swcli-test/own:1", "swcli-test/pulled:1", base);
    const args = ["-o", "json", "runtime", "dockerize", "demo", "-t", "swcli-test/own:1", "--base-image", base];
    const gone = await home.run(args);
    expect(gone.exitCode).toBe(1);
    expect(gone.json.error.hint).toContain("--build-anyway");

    const image = `${registry.host}/never/there`;
    const { version } = await buildForImage(home, { more: [`configs: { docker: { image: '${image}:1' } }`] });
    const built = await dockerize(home, "-t", "swcli-test/built:1", "--base-image", base);
    expect(built).toMatchObject({ engine: "direct", pushed: false });
    expect(await held(`${image}:${version}`)).toBe(await held("swcli-test/built:1"));
    await forget(`${image}:${version}`, "swcli-test/built:1");
  },
  SLOW,
);
