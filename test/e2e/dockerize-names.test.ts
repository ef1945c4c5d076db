/** Names of images: several at once, some that fail, bases by name, and what a dry run says of all that. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, pushTinyBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { dockerHome, noBuilder, noBuildx } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const testBuildx = testWith(missing, realBaseMissing(), noBuildx, noBuilder);
const SLOW = 120_000;

let registry: RegistryServer;
let tiny: string;
let base: RealBase;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  tiny = await pushTinyBase(registry.host);
  if (!realBaseMissing() && !noBuildx) base = await pushRealBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

async function digestAt(home: Home, image: string): Promise<string> {
  const seen = await home.exec(["skopeo", "inspect", "--tls-verify=false", `docker://${image}`]);
  if (seen.exitCode !== 0) throw new Error(seen.stderr);
  return seen.json.Digest;
}

const named = (names: readonly string[]) => names.flatMap((name) => ["-t", name]);

testImage(
  "every name that is given has the image: built without docker, or copied",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    for (const kind of ["built", "copied"]) {
      const names = [
        `${registry.host}/${kind}/one:1`,
        `${registry.host}/${kind}/one:2`,
        `${registry.host}/${kind}/two:1`,
      ];
      const made = await dockerize(home, ...named(names), "--base-image", tiny, "--push");
      expect(made.tags).toEqual(names);
      for (const name of names) expect(await digestAt(home, name)).toBe(made.digest);
      await buildForImage(home, { more: [`configs: { docker: { image: '${names[0]}' } }`] });
    }
    const names = named(["demo:7", "demo:8"]);
    await buildForImage(home);
    await dockerize(home, ...names, "--base-image", tiny, "--to", "oci-layout=out");
    for (const tag of ["7", "8"])
      expect((await home.exec(["skopeo", "inspect", `oci:${home.dir}/out:${tag}`])).exitCode).toBe(0);
    await dockerize(home, ...names, "--base-image", tiny, "--to", "docker-archive=out.tar");
    const archive = `docker-archive:${home.dir}/out.tar`;
    for (const tag of ["7", "8"]) {
      const seen = await home.exec(["skopeo", "inspect", `${archive}:docker.io/library/demo:${tag}`]);
      expect([seen.exitCode, seen.stderr]).toEqual([0, ""]);
    }
  },
  SLOW,
);

testBuildx(
  "every name that is given has the image: by buildx, pushed by docker, by a BuildKit, or loaded",
  async () => {
    await using home = await dockerHome();
    await buildForImage(home, { more: [`environment: { python: '${base.python}', arch: [amd64] }`] });
    for (const builder of ["default", "swcli-lab"]) {
      const names = [`${registry.host}/${builder}/one:1`, `${registry.host}/${builder}/two:2`];
      const made = await dockerize(
        home,
        ...named(names),
        ...["--base-image", base.reference, "--builder", builder, "--push"],
      );
      for (const name of names) expect(await digestAt(home, name)).toBe(made.digest);
    }
    const names = ["swcli-test/names:1", "swcli-test/names:2"];
    await dockerize(home, ...named(names), "--base-image", base.reference, "--builder", "default");
    const ids = await Promise.all(
      names.map(async (name) => (await home.exec(["docker", "inspect", name, "-f", "{{.Id}}"])).stdout),
    );
    expect(ids[0]).toStartWith("sha256:");
    expect(ids[1]).toBe(ids[0]);
    await home.exec(["docker", "rmi", "-f", ...names]);
  },
  SLOW,
);

testImage(
  "a name whose registry fails: the names before it are said to be there",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const first = `${registry.host}/partly/x:1`;
    const args = [...named([first, "127.0.0.1:1/partly/x:1"]), "--base-image", tiny, "--push"];
    const ran = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args]);
    expect(ran.exitCode).toBe(1);
    expect(ran.json.error.hint).toContain(`was pushed as ${first}`);
    expect(await digestAt(home, first)).toStartWith("sha256:");
  },
  SLOW,
);

const FROM = /^FROM (\S+) AS base$/m;

test(
  "the built-in base comes from SW_IMAGE_REPO, else from the config, else from where the runtime says",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const fromOf = async (env: Record<string, string> = {}) => {
      const ran = await home.run(
        ["runtime", "dockerize", "demo", "-t", "demo:1", "--dry-run", "--to", "oci-layout=x"],
        { env },
      );
      return FROM.exec(ran.stdout)?.[1] ?? ran.stdout + ran.stderr;
    };
    const plain = await fromOf();
    const image = plain.slice(plain.lastIndexOf("/"));
    expect(image).toMatch(/^\/.+:.+/);
    await home.write(".config/starwhale/config.yaml", "docker: { builtin_image_repo: config.example/team }\n");
    expect(await fromOf()).toBe(`config.example/team${image}`);
    expect(await fromOf({ SW_IMAGE_REPO: "variable.example/team/" })).toBe(`variable.example/team${image}`);
  },
  SLOW,
);

const commandsOf = async (home: Home, ...args: string[]): Promise<string[]> =>
  (await dockerize(home, "--base-image", "nowhere.invalid/base:1", "--dry-run", ...args)).commands;

test(
  "a dry run prints what would run: names, places, outputs and proxies, quoted where a shell needs it",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const names = named(["nowhere.invalid/x:1", "nowhere.invalid/x:2"]);
    const place = join(home.dir, "with blanks");
    const builder = ["--builder", "some", "--compression", "zstd", "--push"];
    const [buildx] = await commandsOf(home, ...names, ...builder);
    expect(buildx).toContain(`'type=image,"name=nowhere.invalid/x:1,nowhere.invalid/x:2",push=true`);
    expect(buildx).toContain("compression=zstd'");
    expect(buildx).toContain("--builder some ");
    expect(buildx).not.toContain("--network host");
    const proxied = await home.run(
      ["-o", "json", "runtime", "dockerize", "demo", ...names, "--engine", "buildx", "--push", "--dry-run"],
      { env: { HTTPS_PROXY: "http://me:pw@127.0.0.1:1" } },
    );
    expect(proxied.json.commands[0]).toContain("--network host --allow network.host --build-arg HTTPS_PROXY ");
    expect(proxied.stdout).not.toContain("me:pw");
    const direct = await commandsOf(home, ...names, "--to", `oci-layout=${place}`);
    expect(direct.at(-1)).toBe(`write the OCI layout '${place}'`);
    expect(direct.filter((line) => line.startsWith("uv"))).toEqual([expect.stringContaining("tiny_pkg==1.0")]);
    expect((await commandsOf(home, ...names)).at(-1)).toBe("docker load nowhere.invalid/x:1 nowhere.invalid/x:2");
    const two = await home.run(["runtime", "dockerize", "demo", ...names, "--dry-run", "--platform", "amd64,arm64"]);
    expect([two.exitCode, two.stderr]).toEqual([2, expect.stringContaining("can't be loaded into docker")]);
  },
  SLOW,
);

test(
  "an option whose value names nothing is refused, and not taken for the default",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    for (const [option, value] of [
      ["--base-image", ""],
      ["--builder", ""],
      ["--insecure-registry", "http://registry.example"],
      ["--insecure-registry", ""],
    ] as const) {
      const ran = await home.run(["runtime", "dockerize", "demo", "-t", "demo:1", "--dry-run", option, value]);
      expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
      expect(ran.stderr).toContain(option === "--builder" ? "names no builder" : `${JSON.stringify(value)} is no`);
    }
  },
  SLOW,
);

testImage(
  "a name that is given twice, in two spellings, is one name",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const names = named(["demo:7", "docker.io/library/demo:7"]);
    const made = await dockerize(home, ...names, "--base-image", tiny, "--to", "docker-archive=out.tar");
    expect(made.tags).toEqual(["docker.io/library/demo:7"]);
  },
  SLOW,
);
