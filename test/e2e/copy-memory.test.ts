/** A copy holds a few pieces of a package in memory, whatever its size. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const MIB = 1024 * 1024;

/** What is the process's own, without the mapped binary. */
function ownBytes(pid: number): number {
  return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function peakWhile(pid: number, work: Promise<unknown>): Promise<number> {
  const state = { done: false };
  const ended = work.finally(() => (state.done = true));
  let peak = 0;
  while (!state.done) {
    peak = Math.max(peak, ownBytes(pid));
    await Bun.sleep(10);
  }
  await ended;
  return peak;
}

testWith(needsLinux())(
  "a package of 200 MB goes up and down with less than 60 MiB more than at rest",
  async () => {
    await using server = await startStarwhale();
    await using home = await tempHome();
    await loggedIn(home, server);
    const noise = crypto.getRandomValues(new Uint8Array(65_536));
    const content = new Uint8Array(200 * MIB);
    for (let at = 0; at < content.length; at += noise.length) content.set(noise, at);
    const bytes = await makePackage({ version: versionOf("large"), files: { content } });
    await home.run(["runtime", "import", await home.write("large.swrt", bytes), "--name", "large"]);
    await home.run(["daemon", "restart"]);
    const { pid } = (await home.run(["-o", "json", "daemon", "status"])).json;
    const atRest = ownBytes(pid);
    const up = home.run(["runtime", "copy", "large", "cloud://pre-k8s/project/starwhale"]);
    expect((await peakWhile(pid, up)) - atRest).toBeLessThan(60 * MIB);
    expect((await up).exitCode).toBe(0);
    await home.run(["runtime", "remove", "-f", "large"]);
    const down = home.run(["runtime", "copy", "cloud://pre-k8s/project/starwhale/large", "."]);
    expect((await peakWhile(pid, down)) - atRest).toBeLessThan(60 * MIB);
    expect((await down).exitCode).toBe(0);
  },
  60_000,
);
