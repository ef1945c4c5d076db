import { expect, test } from "bun:test";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { buildMany, buildSmall } from "./small-runtime.ts";

async function list(home: Home, ...args: string[]): Promise<Record<string, unknown>[]> {
  const ran = await home.run(["-o", "json", "runtime", "list", ...args]);
  expect(ran.exitCode).toBe(0);
  return ran.json;
}

const column = (text: string, n: number): string[] =>
  text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/)[n] ?? "");

bothModes((mode) => {
  test("every version is a row, newest first, with the documented keys", async () => {
    await using home = await tempHome({ mode });
    const [a0, a1] = await buildMany(home, "a", 2);
    const b = await buildSmall(home, "b", "1.0");
    const rows = await list(home);
    expect(rows.map(({ name, version }) => [name, version])).toEqual([
      ["b", b.version],
      ["a", a1],
      ["a", a0],
    ]);
    expect(rows[1]).toMatchObject({ tags: ["latest", "v1"], removed: false, env: "none", project: "self" });
    const keys = ["created_at", "env", "name", "project", "removed", "size", "tags", "version"];
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(keys);
    expect(rows[0]?.size).toBe(10240);
  });

  test("12 characters of a version in a table, all with --fullname, and the table is plain in a pipe", async () => {
    await using home = await tempHome({ mode });
    const { version } = await buildSmall(home, "a", "1.0");
    const short = await home.run(["runtime", "ls"]);
    expect(column(short.stdout, 1)).toEqual([version.slice(0, 12)]);
    expect(column(short.stdout, 4)).toEqual(["none"]);
    expect(short.stdout).not.toContain("\x1b");
    expect(column((await home.run(["runtime", "list", "--fullname"])).stdout, 1)).toEqual([version]);
  });

  test("the plain form has a way of its own, and says the same; output that can't be written is an error there too", async () => {
    await using home = await tempHome({ mode });
    await buildMany(home, "a", 2);
    const plain = await home.run(["rt", "ls"]);
    expect(plain.stdout).toBe((await home.run(["-v", "runtime", "list"])).stdout);
    expect(plain.stdout.split("\n")).toHaveLength(4);
    const full = await home.exec(["sh", "-c", `"$0" runtime list >/dev/full`, SWCLI_BIN]);
    expect(full.stderr).toContain("(DISK_FULL)");
    expect(full.exitCode).toBe((await home.exec(["sh", "-c", `"$0" -v runtime list >/dev/full`, SWCLI_BIN])).exitCode);
  });

  test("filters: equal keys are or, different ones and, latest is one row a runtime, others are errors", async () => {
    await using home = await tempHome({ mode, env: { USER: "alice" } });
    await buildMany(home, "abc", 2);
    await buildSmall(home, "abd", "1.0");
    await buildSmall(home, "x", "1.0");
    const names = async (...args: string[]) => (await list(home, ...args)).map(({ name }) => name);
    expect(await names("--filter", "name=ab")).toEqual(["abd", "abc", "abc"]);
    expect(await names("-fl", "name=ab", "-fl", "latest")).toEqual(["abd", "abc"]);
    expect(await names("-fl", "name=abc", "-fl", "name=x")).toEqual(["x", "abc", "abc"]);
    expect(await names("-fl", "owner=alice", "-fl", "name=x")).toEqual(["x"]);
    expect(await names("-fl", "owner=bob")).toEqual([]);
    for (const wrong of ["version=1", "latest=yes", "name", "name="]) {
      const ran = await home.run(["-o", "json", "runtime", "list", "--filter", wrong]);
      expect([ran.exitCode, ran.json.error.code]).toEqual([2, "USAGE"]);
    }
  });

  test("removed versions are shown only with -sr, and then marked", async () => {
    await using home = await tempHome({ mode });
    const [first, second] = await buildMany(home, "a", 2);
    await home.run(["runtime", "remove", `a/version/${second}`]);
    expect((await list(home)).map(({ version }) => version)).toEqual([first]);
    const rows = await list(home, "-sr");
    expect(rows.map(({ version, removed, tags }) => [version, removed, tags])).toEqual([
      [second, true, ["v1"]],
      [first, false, ["latest", "v0"]],
    ]);
    expect(await list(home, "--show-removed", "-fl", "latest")).toMatchObject([{ version: first }]);
    expect(column((await home.run(["runtime", "list", "-sr"])).stdout, 4)).toEqual(["removed", "none"]);
  });

  test("--page and --size warn on the local instance, change nothing, and must be numbers", async () => {
    await using home = await tempHome({ mode });
    await buildMany(home, "a", 2);
    const ran = await home.run(["-o", "json", "runtime", "list", "--page", "2", "--size", "1"]);
    expect([ran.exitCode, ran.json.length]).toEqual([0, 2]);
    expect(ran.stderr).toContain("--page and --size");
    expect((await home.run(["runtime", "list", "--size", "0"])).exitCode).toBe(2);
  });

  test("--project lists another project; one that is not there is an error", async () => {
    await using home = await tempHome({ mode });
    await buildSmall(home, "a", "1.0", { args: ["-p", "other"] });
    expect(await list(home)).toEqual([]);
    expect(await list(home, "--project", "other")).toMatchObject([{ name: "a", project: "other" }]);
    expect(await list(home, "--project", "local/project/other")).toHaveLength(1);
    const none = await home.run(["-o", "json", "runtime", "list", "--project", "nowhere"]);
    expect([none.exitCode, none.json.error.code]).toEqual([3, "PROJECT_NOT_FOUND"]);
  });

  test("history shows one runtime, its versions in full with --fullname", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 2);
    await buildSmall(home, "b", "1.0");
    expect(column((await home.run(["runtime", "history", "a"])).stdout, 0)).toEqual(
      [...ids].reverse().map((id) => id.slice(0, 12)),
    );
    expect(column((await home.run(["runtime", "history", "a", "--fullname"])).stdout, 0)).toEqual([...ids].reverse());
    const json = await home.run(["-o", "json", "runtime", "history", "a"]);
    expect(json.json).toMatchObject([
      { version: ids[1], tags: ["latest", "v1"] },
      { version: ids[0], tags: ["v0"] },
    ]);
    expect((await home.run(["runtime", "history", "nope"])).exitCode).toBe(3);
  });
});
