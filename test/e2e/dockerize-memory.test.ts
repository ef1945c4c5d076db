/** An image is made in pieces: the daemon stays small, whatever the size of a layer. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { pushTinyBase } from "../servers/base-image.ts";
import { registryMissing, startRegistry } from "../servers/registry.ts";

const MB = 1_000_000;

/** The most that a process ever had, as the kernel counts it, with the mapped binary. */
const peakBytes = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

testWith(needsLinux(), await registryMissing())(
  "the daemon has less than 150 MB while it makes and pushes a layer of 500 MB",
  async () => {
    await using registry = await startRegistry();
    const base = await pushTinyBase(registry.host);
    await using home = await tempHome();
    const yaml = "name: demo\nenvironment: { python: '3.11' }\ndependencies: [files: [{ src: big, dest: big }]]\n";
    const dir = await home.project({ "runtime.yaml": yaml });
    await home.exec(["sh", "-c", `head -c ${500 * MB} /dev/urandom > '${join(dir, "big")}'`]);
    expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir })).toMatchObject({ exitCode: 0 });
    await home.run(["daemon", "restart"]);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    const args = ["-t", `${registry.host}/big/x:1`, "--base-image", base, "--push", "--engine", "direct"];
    const made = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args]);
    expect(made.json.sent_bytes).toBeGreaterThan(500 * MB);
    expect(peakBytes(pid)).toBeLessThan(150 * MB);
  },
  300_000,
);
