/** Runtimes that are images: copied under other names, built only when their registry says that they don't exist. */
import { afterAll, beforeAll, expect } from "bun:test";
import { tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { noEngine } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
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
  "a name in a registry that can't be reached is left out of what --build-anyway pushes",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { more: ["configs: { docker: { image: '127.0.0.1:1/mine/runtime' } }"] });
    const args = ["-o", "json", "runtime", "dockerize", "demo", "--base-image", base, "--push", "--build-anyway"];
    const image = `${registry.host}/anyway/x:1`;
    const made = await home.run([...args, "-t", image]);
    expect(made.json).toMatchObject({ engine: "direct", tags: [image], pushed: true });
    expect(made.stderr).toContain("it is not pushed as 127.0.0.1:1/mine/runtime:");
    const nameless = await home.run(args);
    expect(nameless.json.error).toMatchObject({ code: "TRANSFER_FAILED", hint: expect.stringContaining("-t") });
  },
  SLOW,
);

testImage(
  "an image that is the runtime is copied for the platforms that were asked for, wherever it goes",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { more: [`configs: { docker: { image: '${base}' } }`] });
    const read = async (from: string) => (await home.exec(["skopeo", "inspect", "--tls-verify=false", from])).json;
    const arm = `${registry.host}/part/arm:1`;
    const pushed = await dockerize(home, "-t", arm, "--push", "--platform", "arm64");
    expect(pushed.platforms).toEqual([{ platform: "linux/arm64", digest: pushed.digest }]);
    expect(await read(`docker://${arm}`)).toMatchObject({ Architecture: "arm64", Digest: pushed.digest });
    const both = await dockerize(home, "-t", `${registry.host}/part/both:1`, "--push", "--platform", "arm64,amd64");
    expect([both.digest, both.platforms.length]).toEqual([await digestOf(base), 2]);

    const layout = await dockerize(home, "-t", "demo:1", "--to", "oci-layout=out", "--platform", "arm64");
    expect(layout).toMatchObject({ digest: pushed.digest, to: `${home.dir}/out` });
    expect(await read(`oci:${home.dir}/out:1`)).toMatchObject({ Architecture: "arm64" });
    for (const [platform, file] of [
      ["arm64", "arm.tar"],
      [undefined, "amd.tar"],
    ]) {
      const only = platform === undefined ? [] : ["--platform", platform];
      const made = await dockerize(home, "-t", "demo:1", "--to", `docker-archive=${file}`, ...only);
      const architecture = platform ?? "amd64";
      expect(made.platforms).toEqual([{ platform: `linux/${architecture}`, digest: made.digest }]);
      expect(await read(`docker-archive:${home.dir}/${file}`)).toMatchObject({ Architecture: architecture });
    }
  },
  SLOW,
);

testImage(
  "an image without the platform that was asked for says what it has; options of builds are said to be of no use",
  async () => {
    await using home = await tempHome();
    const amd = await pushTinyBase(registry.host, { repository: "own/amd" });
    await buildForImage(home, { more: [`configs: { docker: { image: '${amd}' } }`] });
    const args = ["-o", "json", "runtime", "dockerize", "demo", "-t", `${registry.host}/own/x:1`, "--push"];
    const lacking = await home.run([...args, "--platform", "arm64"]);
    expect(lacking.json.error.message).toBe(`${amd} is not there for linux/arm64, only for linux/amd64`);
    const made = await home.run([...args, "--base-image", base, "--format", "docker"]);
    expect(made.stderr).toContain("--base-image, --format: of no use");
    expect(made.json.platforms).toEqual([{ platform: "linux/amd64", digest: await digestOf(amd) }]);
    const nowhere = await home.run(args.slice(0, -1), { env: { PATH: "/nowhere" } });
    expect([nowhere.exitCode, nowhere.json.error.hint]).toEqual([2, expect.stringContaining("--push")]);
    const planned = await dockerize(home, "-t", "demo:1", "--platform", "amd64", "--dry-run");
    expect(planned.commands).toEqual([
      `docker pull --platform linux/amd64 ${amd}`,
      expect.stringContaining("docker tag "),
    ]);
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
    const architecture = async (image: string) =>
      (await home.exec(["docker", "image", "inspect", image, "-f", "{{.Architecture}}"])).stdout.trim();
    for (const [wanted, only] of [
      ["arm64", ["--platform", "arm64"]],
      ["amd64", []],
    ] as const) {
      const made = await dockerize(home, "-t", "swcli-test/pulled:1", ...only);
      expect(made).toMatchObject({ engine: "copy", pushed: false, platforms: [{ platform: `linux/${wanted}` }] });
      expect([made.digest, made.base.digest]).toEqual([await digestOf(base), await digestOf(base)]);
      expect(made.platforms[0].digest).toMatch(/^sha256:/);
      expect(await architecture("swcli-test/pulled:1")).toBe(wanted);
    }

    await buildForImage(home, { more: ["configs: { docker: { image: 'swcli-test.invalid/pulled:1' } }"] });
    await home.exec(["docker", "tag", "swcli-test/pulled:1", "swcli-test.invalid/pulled:1"]);
    expect(await dockerize(home, "-t", "swcli-test/own:1")).toMatchObject({ engine: "copy", digest: null });
    const other = await home.run(["runtime", "dockerize", "demo", "-t", "swcli-test/own:1", "--platform", "arm64"]);
    expect(other.stderr).toContain("is not there for linux/arm64, only for linux/amd64");
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
