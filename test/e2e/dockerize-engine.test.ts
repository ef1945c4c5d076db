/** Which engine makes an image, why, and what is said when none can: needs docker with buildx for some of it. */
import { afterAll, beforeAll, expect } from "bun:test";
import { tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { openGate } from "../servers/registry-gate.ts";
import { dockerHome, noBuildx } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = await registryMissing();
const testImage = testWith(missing);
const testBuildx = testWith(missing, realBaseMissing(), noBuildx);
const SLOW = 300_000;

let registry: RegistryServer;
let base: RealBase;

beforeAll(async () => {
  if (missing) return;
  registry = await startRegistry();
  if (!noBuildx && !realBaseMissing()) base = await pushRealBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const environment = () => [`environment: { python: '${base.python}', arch: [amd64] }`];

testBuildx(
  "a base that its registry does not give to us is left to docker, which may have it; the reason is one line",
  async () => {
    await using gate = openGate(registry);
    await using home = await dockerHome();
    await buildForImage(home, { more: environment() });
    const held = base.reference.replace(registry.host, gate.host);
    await home.exec(["docker", "pull", "-q", held]);
    const image = `${registry.host}/left/x:1`;
    for (const trouble of [{ tokenUses: 0, login: "me:pw" }, { busy: { 403: 99 } }]) {
      Object.assign(gate.trouble, trouble);
      const args = ["runtime", "dockerize", "demo", "-t", image, "--base-image", held, "--push"];
      const made = await home.run(["-o", "json", ...args]);
      expect(made.json).toMatchObject({ engine: "buildx", pushed: true, base: { digest: null } });
      expect(made.json.reason).toStartWith("the base image can't be read (");
      expect(made.stderr.split("\n").filter((line) => line.startsWith("Engine "))).toEqual([
        `Engine buildx: ${made.json.reason}`,
      ]);
      const asked = await home.run([...args, "--engine", "direct"]);
      expect(asked.exitCode).toBe(1);
    }
    await home.exec(["docker", "rmi", "-f", held]);
  },
  SLOW,
);

testImage(
  "without buildx a base that can't be read is told as its registry tells it",
  async () => {
    await using gate = openGate(registry, { tokenUses: 0, login: "me:pw" });
    await using home = await tempHome();
    await buildForImage(home);
    const args = ["-t", `${registry.host}/x/y:1`, "--push", "--base-image", `${gate.host}/base/python:3.11`];
    const ran = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args], { env: { PATH: "/nowhere" } });
    expect(ran.json.error).toMatchObject({ code: "AUTH_FAILED", hint: expect.stringContaining("docker login") });
  },
  SLOW,
);

testBuildx(
  "a package that has to be built is left to buildx",
  async () => {
    await using home = await dockerHome();
    await buildForImage(home, { dependencies: ["- pip: [sgmllib3k==1.0.0]"], more: environment() });
    const image = `${registry.host}/left/sdist:1`;
    const made = await dockerize(home, "-t", image, "--base-image", base.reference, "--push");
    expect(made.engine).toBe("buildx");
    expect(made.reason).toMatch(/sgmllib3k .*[^:]$/);
    // Pinned by what was asked before.
    expect(made.base.digest).toMatch(/^sha256:/);
  },
  SLOW,
);

testBuildx(
  "a base on plain http that neither engine can read: the way out of both is told",
  async () => {
    await using gate = openGate(registry, { address: "0.0.0.0" });
    await using home = await dockerHome();
    await buildForImage(home, { more: environment() });
    const args = ["-t", `${registry.host}/x/y:1`, "--base-image", base.reference.replace(registry.host, gate.host)];
    const ran = await home.run([
      "-o",
      "json",
      "runtime",
      "dockerize",
      "demo",
      ...args,
      "--push",
      "--builder",
      "default",
    ]);
    expect(ran.json.error.hint).toContain(`${gate.host} speaks plain http`);
    expect(ran.json.error.hint).toContain("insecure-registries");
    const auto = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args, "--push"]);
    expect(auto.json.error.hint).toContain("--insecure-registry");
    expect(auto.json.error.hint).toContain("insecure-registries");
    expect(auto.json.error.hint).not.toContain("verbose");
  },
  SLOW,
);

testImage(
  "without docker and without a place of its own there is no image: both ways out are named, before any work",
  async () => {
    await using home = await tempHome();
    await buildForImage(home);
    const nobody = ["-t", "demo:1", "--base-image", "127.0.0.1:1/no/base:1"];
    for (const env of [{ PATH: "/nowhere" }, { DOCKER_HOST: "unix:///nowhere.sock" }]) {
      const ran = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...nobody], { env });
      expect(ran.exitCode).toBe(2);
      expect(ran.json.error.message).toStartWith("there is nowhere to put the image: ");
      for (const way of ["--push", "--to oci-layout=DIR", "--to docker-archive=FILE"])
        expect(ran.json.error.hint).toContain(way);
    }
  },
  SLOW,
);

testImage(
  "commands without docker: the engine that can't run them is not advised",
  async () => {
    await using home = await tempHome();
    await buildForImage(home, { dependencies: ["- commands: [echo hi]"] });
    const args = ["-t", `${registry.host}/x/y:1`, "--push", "--base-image", `${registry.host}/no/base:1`];
    const ran = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args], { env: { PATH: "/nowhere" } });
    expect(ran.json.error).toMatchObject({ code: "ENGINE_MISSING", hint: "Install docker." });
  },
  SLOW,
);
