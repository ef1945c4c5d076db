/** Projects of a server, and what is known of the server itself. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { bothModes, tempHome } from "../helpers/home.ts";
import { makePackage, versionOf } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";

bothModes((mode) => {
  test("projects of a server are made, listed, selected, removed and brought back", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await loggedIn(home, server);
    const project = "cloud://pre-k8s/project/vision";
    const made = await home.run(["-o", "json", "project", "create", project]);
    expect(made.json).toMatchObject({ name: "vision", owner: "starwhale", privacy: "private", uri: project });
    expect(await home.run(["project", "create", project])).toMatchObject({ exitCode: 4 });
    const asked = server.seen.length;
    for (const bad of ["x", "1st", "my.project"]) {
      const refused = await home.run(["project", "create", `pre-k8s/project/${bad}`]);
      expect(refused).toMatchObject({ exitCode: 2 });
      expect(refused.stderr).toContain("can't be a project on pre-k8s");
    }
    expect(server.seen.length).toBe(asked);
    const selected = await home.run(["-o", "json", "project", "select", project]);
    expect(selected.json).toMatchObject({ in_use: true });
    const config = parse(await readFile(join(home.dir, ".config/starwhale/config.yaml"), "utf8"));
    expect(config.instances["pre-k8s"].current_project).toBe(made.json.id);
    const rows = await home.run(["-o", "json", "project", "list", "-i", "pre-k8s"]);
    expect(rows.json.map((row: { name: string; in_use: boolean }) => [row.name, row.in_use])).toEqual([
      ["starwhale", false],
      ["vision", true],
    ]);
    expect(await home.run(["project", "remove", "-y", project])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["project", "info", project])).toMatchObject({ exitCode: 3 });
    expect(await home.run(["project", "recover", "pre-k8s/project/nobody"])).toMatchObject({ exitCode: 2 });
    expect(await home.run(["project", "recover", project])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["project", "remove", "-y", project])).toMatchObject({ exitCode: 0 });
    expect(await home.run(["project", "recover", `pre-k8s/project/${made.json.id}`])).toMatchObject({ exitCode: 0 });
    expect((await home.run(["-o", "json", "project", "info", project])).json).toMatchObject({ runtimes: 0 });
  }, 30_000);

  test("an administrator sees in the server's log that swcli asked, at transfers too", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await loggedIn(home, server);
    const file = await home.write("demo.swrt", await makePackage({ version: versionOf("demo") }));
    await home.run(["runtime", "import", file, "--name", "demo"]);
    const there = "pre-k8s/project/starwhale";
    expect(await home.run(["runtime", "copy", "demo", there])).toMatchObject({ exitCode: 0 });
    const agents = new Set(server.seen.map(({ headers }) => headers["user-agent"]));
    expect([...agents]).toEqual([expect.stringMatching(/^swcli\/\d+\.\d+/)]);
  }, 30_000);

  test("with a server selected, short forms mean it", async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode });
    await loggedIn(home, server);
    const file = await home.write("demo.swrt", await makePackage({ version: versionOf("demo") }));
    await home.run(["runtime", "import", file, "--name", "demo"]);
    await home.run(["instance", "select", "pre-k8s"]);
    await home.run(["project", "select", "starwhale"]);
    expect(await home.run(["runtime", "copy", "local/project/self/demo", "there"])).toMatchObject({ exitCode: 0 });
    const list = await home.run(["-o", "json", "runtime", "list"]);
    expect(list.json).toMatchObject([{ name: "there", version: versionOf("demo") }]);
    expect((await home.run(["-o", "json", "project", "list"])).json[0].name).toBe("starwhale");
    expect(await home.run(["instance", "use", "local"])).toMatchObject({ exitCode: 0 });
    expect((await home.run(["-o", "json", "runtime", "list"])).json).toMatchObject([{ name: "demo" }]);
    expect(await home.run(["instance", "use", "pre-k8s"])).toMatchObject({ exitCode: 0 });
    expect((await home.run(["-o", "json", "project", "info"])).json).toMatchObject({ runtimes: 1 });
    const info = await home.run(["-o", "json", "instance", "info"]);
    expect(info.json.server).toMatchObject({ reachable: true, version: "0.6.15", user: "starwhale", role: "owner" });
    server.state.tokens.clear();
    const ended = await home.run(["instance", "info"]);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain("Log in (again)");
  }, 30_000);
});
