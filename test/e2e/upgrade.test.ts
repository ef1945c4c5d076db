/** Another build of swcli, or the same once more, comes while a daemon works: it ends its work, and is in nobody's way. */
import { afterAll, beforeAll, expect } from "bun:test";
import { copyFile, rename } from "node:fs/promises";
import { type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { otherBuild } from "../helpers/other-build.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { openGate } from "../servers/registry-gate.ts";
import { buildForImage } from "./image-runtime.ts";

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

const status = async (home: Home) => (await home.run(["-o", "json", "daemon", "status"])).json;

async function untilRunning(home: Home): Promise<void> {
  while ((await home.run(["-o", "json", "job", "list"])).json[0]?.state !== "running") await Bun.sleep(20);
}

testImage(
  "an upgrade while a job runs: commands are served after the old daemon has ended it, too",
  async () => {
    await using gate = openGate(registry, { downloadDelayMs: 1500 });
    await using home = await tempHome();
    await buildForImage(home);
    const from = base.replace(registry.host, gate.host);
    const args = ["-t", `${registry.host}/upgrade/x:1`, "--base-image", from, "--push"];
    // Nobody waits for a job; this command does, and hears of its end from the daemon that retires.
    const work = home.spawn(["-o", "json", "runtime", "dockerize", "demo", ...args]);
    await untilRunning(home);
    const old = await status(home);
    const other = await otherBuild(home, old.build);
    expect(await home.exec([other, "runtime", "list"])).toMatchObject({ exitCode: 0 });
    const next = (await home.exec([other, "-o", "json", "daemon", "status"])).json;
    expect(next.pid).not.toBe(old.pid);
    const made = await work.result();
    expect(made).toMatchObject({ exitCode: 0, json: { pushed: true } });
    while ((await home.processes()).includes(old.pid)) await Bun.sleep(10);
    expect(await home.exec([other, "runtime", "list"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await home.exec([other, "-o", "json", "daemon", "status"])).json.pid).toBe(next.pid);
  },
  SLOW,
);

testWith(needsLinux())(
  "installed once more, the same build goes on: its daemon still starts engines",
  async () => {
    await using home = await tempHome();
    const own = `${home.dir}/swcli`;
    await copyFile(SWCLI_BIN, own);
    expect(await home.exec([own, "daemon", "start"])).toMatchObject({ exitCode: 0 });
    const { json: old } = await home.exec([own, "-o", "json", "daemon", "status"]);
    await copyFile(SWCLI_BIN, `${own}.new`);
    await rename(`${own}.new`, own);
    const yaml = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";
    const cwd = await home.project({ "runtime.yaml": yaml });
    expect(await home.exec([own, "runtime", "build", "--prepare", "wait"], { cwd })).toMatchObject({ exitCode: 0 });
    expect((await home.exec([own, "-o", "json", "daemon", "status"])).json.pid).toBe(old.pid);
  },
  SLOW,
);
