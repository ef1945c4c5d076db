/** Copies between this machine and servers, over real sockets. */
import { expect, test } from "bun:test";
import { bothModes, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";

bothModes((mode) => {
  test("a runtime goes to a server and comes back under another name with the same version", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await loggedIn(home, server);
    const version = versionOf("one");
    const bytes = await makePackage({ version, name: "mnist-local", files: { a: "x".repeat(9000) } });
    await home.run(["runtime", "import", await home.write("demo.swrt", bytes)]);
    const cloud = "cloud://pre-k8s/project/starwhale/mnist-cloud";
    const up = await home.run(["-o", "json", "runtime", "copy", "mnist-local", cloud]);
    expect(up.json).toMatchObject({ version, skipped: false, name: "mnist-cloud" });
    expect(server.state.projects[0]?.runtimes[0]?.versions[0]?.name).toBe(version);
    const down = await home.run(["-o", "json", "runtime", "copy", `${cloud}/version/${version}`, "."]);
    expect(down.json.destination).toBe(`local/project/self/runtime/mnist-cloud/version/${version}`);
    const again = await home.run(["runtime", "copy", "mnist-local", cloud]);
    expect(again.exitCode).toBe(4);
    expect(again.stderr).toContain("exists already, with the same content");
  }, 30_000);
});
