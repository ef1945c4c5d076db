import { expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { bothModes, tempHome } from "../helpers/home.ts";

const SERVERS = `current_instance: local
instances:
  local: {uri: local, user_name: me, current_project: self, type: standalone}
  k8s: {uri: "http://127.0.0.1:1", user_name: sw, user_role: OWNER, sw_token: secret-token, current_project: "7"}
version: '2.0'
kept: {as: is}
`;

bothModes((mode) => {
  test("config edit makes the file, opens the editor with its own words, and looks at the result", async () => {
    await using home = await tempHome({ mode });
    const path = (await home.run(["config", "path"])).stdout.trim();
    expect(path).toBe(`${home.dir}/.config/starwhale/config.yaml`);
    const ran = await home.run(["config", "edit"], { env: { EDITOR: "sed -i s/self/other/", VISUAL: "" } });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${path}\n` });
    expect(await Bun.file(path).text()).toContain("current_project: other");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const broken = await home.run(["config", "e"], { env: { EDITOR: "sed -i 's/^instances:/instances: [/'" } });
    expect(broken.exitCode).toBe(2);
    // It can be mended in the same way.
    expect((await home.run(["config", "edit"], { env: { EDITOR: "sed -i 's/: \\[/:/'" } })).exitCode).toBe(0);
    expect((await home.run(["config", "edit"], { env: { EDITOR: "false" } })).exitCode).toBe(1);
  });

  test("instances are listed with the keys that scripts know and without tokens", async () => {
    await using home = await tempHome({ mode });
    await home.write(".config/starwhale/config.yaml", SERVERS);
    const list = await home.run(["-o", "json", "instance", "list"]);
    expect(list.json).toMatchObject([
      { name: "local", uri: "local", in_use: true, current_project: "self", user_name: "me" },
      { name: "k8s", uri: "http://127.0.0.1:1", in_use: false, user_role: "OWNER", current_project: "7" },
    ]);
    const keys = ["current_project", "in_use", "name", "updated_at", "uri", "user_name", "user_role"];
    expect(Object.keys(list.json[0]).sort()).toEqual(keys);
    const text = await home.run(["instance", "ls"]);
    expect(list.stdout + text.stdout).not.toContain("secret-token");
  });

  test("an instance is selected by alias or address; the rest of the file stays", async () => {
    await using home = await tempHome({ mode });
    const path = await home.write(".config/starwhale/config.yaml", SERVERS);
    expect((await home.run(["-o", "json", "instance", "info"])).json).toMatchObject({
      instance: "local",
      root_dir: home.root,
    });
    expect((await home.run(["instance", "select", "http://127.0.0.1:1/"])).exitCode).toBe(0);
    expect((await home.run(["-o", "json", "instance", "info"])).json).toMatchObject({ instance: "k8s", in_use: true });
    const written = await Bun.file(path).text();
    expect(written).toContain("current_instance: k8s");
    expect(written).toContain("kept: { as: is }");
    expect((await home.run(["instance", "use", "local"])).exitCode).toBe(0);
    const unknown = await home.run(["-o", "json", "instance", "select", "nope"]);
    expect([unknown.exitCode, unknown.json.error.code]).toEqual([3, "INSTANCE_NOT_FOUND"]);
  });

  test("config check says that a key of ours at the wrong place is read by nobody, and where it belongs", async () => {
    await using home = await tempHome({ mode });
    const checked = async (text: string) => {
      await home.write(".config/starwhale/config.yaml", `version: '2.0'\n${text}`);
      return await home.run(["config", "check"]);
    };
    const wrong = await checked("limits: {envs_size: 20GiB}\n");
    expect(wrong.exitCode).toBe(0);
    expect(wrong.stderr).toContain("limits is read by nobody; did you mean swcli.limits?");
    expect((await checked("swcli: {limits: {envs_size: 20GiB}}\nlink_auths: []\n")).stderr).toBe("");
  });
});
