/** Bases without the runtime's Python: one that uv gets is added, or the error says clearly that it can't. */
import { afterAll, beforeAll, expect } from "bun:test";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, pushTinyBase, realBaseMissing } from "../servers/base-image.ts";
import { madeUpPython, ownPython, packedPython } from "../servers/python-download.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { layersIn } from "./image-layers.ts";
import { buildForImage } from "./image-runtime.ts";

const missing = await registryMissing();
const answers = (...argv: string[]) =>
  Bun.which("docker") !== null &&
  Bun.spawnSync(["docker", ...argv], { stdout: "ignore", stderr: "ignore" }).exitCode === 0;
const noEngine = answers("version") && answers("buildx", "version") ? undefined : "a docker engine with buildx";
const testImage = testWith(missing);
const own = ownPython("3.11");
const testEngine = testWith(missing, noEngine, realBaseMissing(), own ? undefined : "a CPython that is not 3.11");
const SLOW = 300_000;
const MANAGED = "opt/starwhale.user/python/3.11";
const PREFIX = "opt/starwhale.user/runtime/export/venv";

let registry: RegistryServer;

beforeAll(async () => {
  if (!missing) registry = await startRegistry();
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const dockerizeAs = async (home: Home, image: string, env: Record<string, string>, ...args: string[]) =>
  await home.run(["-o", "json", "runtime", "dockerize", "demo", "-t", image, ...args], { env });

const dockerizeWith = async (home: Home, env: Record<string, string>, ...args: string[]) =>
  await dockerizeAs(home, "demo:1", env, ...args);

testImage(
  "a Python that uv gets is a layer of its own, the same in two homes, and not got twice",
  async () => {
    const base = await pushTinyBase(registry.host, { repository: "base/bare", python: "" });
    const digests: string[] = [];
    for (const _ of ["one", "two"]) {
      await using home = await tempHome();
      const { list } = await madeUpPython(join(home.dir, "pbs"), "3.11");
      const env = { UV_PYTHON_DOWNLOADS_JSON_URL: list };
      await buildForImage(home);
      const made = await dockerizeWith(home, env, "--base-image", base, "--to", "oci-layout=out");
      expect(made).toMatchObject({ exitCode: 0 });
      expect(made.stderr).toContain("no Python on its PATH");
      digests.push(made.json.digest);
      const [bottom, python, ...rest] = await layersIn(home, join(home.dir, "out"));
      expect(bottom?.names).toContain("usr/bin/");
      expect(python?.names).toContain(`${MANAGED}/bin/python3.11`);
      expect(python?.names).toContain(`${MANAGED}/bin/python3`);
      expect(python?.names.filter((name) => name.includes("__pycache__"))).toEqual([]);
      expect(python?.text).toContain(`"prefix": "/${MANAGED}"`);
      expect(python?.text).not.toContain(home.root);
      expect(rest.at(-1)?.names).toContain(`${PREFIX}/bin/python`);
      expect(rest.at(-1)?.text).toContain(`home = /${MANAGED}/bin`);
      await rm(join(home.dir, "pbs/python.tar.gz"));
      const again = await dockerizeWith(home, env, "--base-image", base, "--to", "oci-layout=again");
      expect(again.json.digest).toBe(made.json.digest);
    }
    expect(digests[0]).toBe(digests[1]);
  },
  SLOW,
);

testImage(
  "where the base has another Python, each platform gets its own",
  async () => {
    const architectures = ["amd64", "arm64"] as const;
    const base = await pushTinyBase(registry.host, { repository: "base/older", python: "3.9", architectures });
    await using home = await tempHome();
    const { list } = await madeUpPython(join(home.dir, "pbs"), "3.11");
    await buildForImage(home);
    const platforms = ["--platform", "amd64", "--platform", "arm64"];
    const args = ["--base-image", base, "--to", "oci-layout=out", ...platforms];
    const made = await dockerizeWith(home, { UV_PYTHON_DOWNLOADS_JSON_URL: list }, ...args);
    expect(made.stderr).toContain("has Python 3.9 on its PATH (linux/amd64), not 3.11");
    const logs = await home.run(["job", "list", "-o", "json"]);
    const log = (await home.run(["job", "logs", logs.json[0].id])).stdout;
    expect(log).toContain("Getting Python 3.11 for linux/amd64");
    expect(log).toContain("Getting Python 3.11 for linux/arm64");
    expect(made.json.platforms).toHaveLength(2);
  },
  SLOW,
);

testImage(
  "a Python that can't be had is refused with both ways out, and nothing is written",
  async () => {
    const base = await pushTinyBase(registry.host, { repository: "base/bare", python: "" });
    await using home = await tempHome();
    await buildForImage(home);
    const nowhere = { UV_PYTHON_INSTALL_MIRROR: `file://${home.dir}/nowhere` };
    for (const [env, why] of [
      [nowhere, "nowhere"],
      [{ UV_OFFLINE: "1" }, "UV_OFFLINE"],
    ] as const) {
      const ran = await dockerizeWith(home, env, "--base-image", base, "--to", "oci-layout=out");
      expect(ran.exitCode).toBe(1);
      expect(ran.json.error).toMatchObject({ code: "IMAGE_FAILED", message: expect.stringContaining(why) });
      expect(ran.json.error.message).toMatch(/has no Python on its PATH \(linux\/amd64\), and needs 3\.11/);
      expect(ran.json.error.hint).toContain("--base-image");
      expect(ran.json.error.hint).toContain("UV_PYTHON_INSTALL_MIRROR");
    }
    expect(await Bun.file(join(home.dir, "out/index.json")).exists()).toBe(false);
  },
  SLOW,
);

testEngine(
  "Python in such an image is the added one, and imports the packages, whichever engine made it",
  async () => {
    const base = await pushRealBase(registry.host);
    const found = own ?? { prefix: "", minor: "" };
    await using home = await tempHome({
      env: { DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? join(homedir(), ".docker") },
    });
    const { list } = await packedPython(join(home.dir, "pbs"), found);
    await buildForImage(home, { more: [`environment: { python: '${found.minor}' }`] });
    const code = "import sys, tiny_pkg; print(sys.version_info[:2], sys.base_prefix, tiny_pkg.VERSION)";
    const [major, minor] = found.minor.split(".");
    const listings: string[] = [];
    for (const engine of ["direct", "buildx"]) {
      const image = `${registry.host}/managed/${engine}:1`;
      const args = ["--base-image", base.reference, "--push", "--engine", engine];
      const made = await dockerizeAs(home, image, { UV_PYTHON_DOWNLOADS_JSON_URL: list }, ...args);
      expect(made).toMatchObject({ exitCode: 0 });
      await home.exec(["docker", "pull", "-q", image]);
      const inside = (...argv: string[]) => home.exec(["docker", "run", "--rm", image, ...argv]);
      expect((await inside("python", "-c", code)).stdout).toBe(
        `(${major}, ${minor}) /opt/starwhale.user/python/${found.minor} 1.0\n`,
      );
      const listing =
        "cd /opt/starwhale.user && ls -lnR --time-style=+ . | grep -v ^total && cat runtime/export/venv/pyvenv.cfg";
      listings.push((await inside("sh", "-c", listing)).stdout);
      await home.exec(["docker", "rmi", "-f", image]);
    }
    expect(listings[1]).toBe(listings[0]);
  },
  SLOW,
);
