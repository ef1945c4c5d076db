/** A copy holds a few pieces of a package in memory, whatever its size. */
import { expect } from "bun:test";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { ownBytes, peakWhile } from "../helpers/own-memory.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";

const MIB = 1024 * 1024;

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
