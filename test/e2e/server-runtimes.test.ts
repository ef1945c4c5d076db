/** list, history, info, remove and recover on a server's URIs. */
import { expect, test } from "bun:test";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";

const PROJECT = "cloud://pre-k8s/project/starwhale";

async function withRuntimes(home: Home, server: StarwhaleServer, names: readonly string[]): Promise<void> {
  await loggedIn(home, server);
  for (const name of names) {
    const bytes = await makePackage({ version: versionOf(name), name });
    await home.run(["runtime", "import", await home.write(`${name}.swrt`, bytes)]);
    const copied = await home.run(["runtime", "copy", name, PROJECT]);
    if (copied.exitCode !== 0) throw new Error(copied.stderr);
  }
}

bothModes((mode) => {
  test("a server's list is filtered by beginnings although the server matches anywhere, and pages are counted after", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withRuntimes(home, server, ["torch-a", "my-torch", "torch-b", "other"]);
    const list = async (...args: string[]) =>
      (await home.run(["-o", "json", "runtime", "list", "--project", PROJECT, ...args])).json;
    expect((await list()).map((row: { name: string }) => row.name)).toEqual([
      "other",
      "torch-b",
      "my-torch",
      "torch-a",
    ]);
    const named = await list("--filter", "name=torch", "--filter", "latest");
    expect(named.map((row: { name: string }) => row.name)).toEqual(["torch-b", "torch-a"]);
    expect(named[0]).toMatchObject({ version: versionOf("torch-b"), tags: ["latest", "v1"], owner: "starwhale" });
    expect((await list("--size", "1", "--page", "2", "--filter", "name=torch"))[0].name).toBe("torch-a");
    expect(await list("--filter", "owner=nobody")).toEqual([]);
  }, 30_000);

  test("info and history of a server's runtime, by the beginning of a version too", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withRuntimes(home, server, ["demo"]);
    const version = versionOf("demo");
    const info = await home.run(["-o", "json", "runtime", "info", `${PROJECT}/demo/version/${version.slice(0, 6)}`]);
    expect(info.json.basic).toMatchObject({ version, name: "demo", python: "3.11", tags: ["v1"] });
    const manifest = await home.run(["runtime", "info", `${PROJECT}/demo`, "-of", "manifest"]);
    expect(manifest.stdout).toContain(`version: ${version}`);
    expect(await home.run(["runtime", "info", `${PROJECT}/demo`, "-of", "lock"])).toMatchObject({ exitCode: 2 });
    const history = await home.run(["-o", "json", "runtime", "history", `${PROJECT}/demo`]);
    expect(history.json).toMatchObject([{ version, tags: ["latest", "v1"] }]);
    expect(await home.run(["runtime", "info", `${PROJECT}/nobody`])).toMatchObject({ exitCode: 3 });
    expect(await home.run(["runtime", "info", `${PROJECT}/demo/version/zzzz`])).toMatchObject({ exitCode: 3 });
    expect(await home.run(["runtime", "tag", `${PROJECT}/demo`, "t1"])).toMatchObject({ exitCode: 2 });
  }, 30_000);

  test("remove and recover go through the server's trash, whole runtimes only", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withRuntimes(home, server, ["demo", "demo-two"]);
    const one = await home.run(["runtime", "remove", "-y", `${PROJECT}/demo/version/latest`]);
    expect(one).toMatchObject({ exitCode: 2 });
    expect(one.stderr).toContain("whole runtimes only");
    const removed = await home.run(["-o", "json", "runtime", "remove", "-y", `${PROJECT}/demo`]);
    expect(removed.json.versions).toMatchObject([{ version: versionOf("demo") }]);
    const list = async () => (await home.run(["-o", "json", "runtime", "list", "-sr", "--project", PROJECT])).json;
    expect(await list()).toMatchObject([{ name: "demo-two" }, { name: "demo", removed: true, version: null }]);
    expect(await home.run(["runtime", "recover", `${PROJECT}/demo`])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["runtime", "recover", `${PROJECT}/demo`])).toMatchObject({ exitCode: 3 });
    expect(await home.run(["runtime", "remove", "-f", `${PROJECT}/demo`])).toMatchObject({ exitCode: 0 });
    expect(server.state.projects[0]?.trash).toEqual([]);
    expect(server.state.projects[0]?.runtimes.map(({ name }) => name)).toEqual(["demo-two"]);
  }, 30_000);

  test("a name given anew keeps the removed one in the trash", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await withRuntimes(home, server, ["demo"]);
    await home.run(["runtime", "remove", "-y", `${PROJECT}/demo`]);
    await home.run(["runtime", "copy", "demo", PROJECT]);
    const again = await home.run(["runtime", "recover", `${PROJECT}/demo`]);
    expect(again).toMatchObject({ exitCode: 4 });
    expect(server.state.projects[0]?.trash).toHaveLength(1);
  }, 30_000);
});
