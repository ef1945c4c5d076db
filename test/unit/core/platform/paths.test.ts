import { expect, test } from "bun:test";
import { configPath, defaultRoot, expandHome, homeDir, storePaths } from "#core/platform/paths.ts";

test("everything that swcli makes is below its root, in places of its own", () => {
  const paths = Object.entries(storePaths("/data/my root"));
  expect(paths.filter(([, path]) => path !== "/data/my root" && !path.startsWith("/data/my root/."))).toEqual([]);
  expect(new Set(paths.map(([, path]) => path)).size).toBe(paths.length);
});

test("the store's folders are those that docs/disk.md names", async () => {
  const text = await Bun.file(`${import.meta.dir}/../../../../docs/disk.md`).text();
  const { blobs, trees, refs, leases, ingest, quarantine, cache, tools, jobs, envs, links } = storePaths("");
  for (const path of [blobs, trees, refs, leases, ingest, quarantine, cache, tools, jobs, envs, links]) {
    expect(text).toContain(`${path.replace(/^\/(\.store\/v1\/)?/, "")}/`);
  }
});

test("locks go where they are told, off the store's disk", () => {
  expect(storePaths("/r", "/run/user/1/swcli/ab").locks).toBe("/run/user/1/swcli/ab");
  expect(storePaths("/r").locks).toBe("/r/.store/v1/locks/l");
});

test("an empty variable counts as none", () => {
  expect(homeDir({ HOME: "/home/a" })).toBe("/home/a");
  expect(homeDir({ HOME: "" })).toBe(homeDir({}));
  expect(configPath({ HOME: "/home/a", SW_CLI_CONFIG: "" })).toBe("/home/a/.config/starwhale/config.yaml");
  expect(configPath({ HOME: "/home/a", SW_CLI_CONFIG: "/c.yaml" })).toBe("/c.yaml");
  expect(defaultRoot({ HOME: "/home/a" })).toBe("/home/a/.starwhale");
});

test("only a leading ~/ is the client's home: not another's, not one inside", () => {
  const expanded = ["~", "~/x y", "~other/x", "a/~/x", "/~", "", "~~"].map((path) =>
    expandHome({ HOME: "/home/a" }, path),
  );
  expect(expanded).toEqual(["/home/a", "/home/a/x y", "~other/x", "a/~/x", "/~", "", "~~"]);
});

test("who has no HOME has the home that the system knows, not somebody else's", async () => {
  const code = `const { homeDir } = await import(${JSON.stringify(`${import.meta.dir}/../../../../core/platform/paths.ts`)});
    if (process.getuid() === 0) process.setuid(65534);
    console.log(process.getuid() + " " + homeDir({}))`;
  const env = { PATH: process.env.PATH };
  const said = await new Response(Bun.spawn([process.execPath, "-e", code], { env, cwd: "/" }).stdout).text();
  const [uid, home] = said.trim().split(" ");
  const known = Bun.spawnSync(["getent", "passwd", uid ?? ""])
    .stdout.toString()
    .split(":")[5];
  expect(home).toBe(known ?? "");
});
