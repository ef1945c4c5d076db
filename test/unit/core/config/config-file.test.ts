import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { readConfig, updateConfig } from "#core/config/config-file.ts";
import { Secret } from "#core/config/secret.ts";

// As the Python client writes it, with what a person and a newer client may have added.
const PYTHONS = `current_instance: pre-k8s
docker: {builtin_image_repo: registry.example.com/base}
# my own note
future_key: {a: [1, 2]}
instances:
  local: {current_project: self, type: standalone, updated_at: 2026-11-22 00:31:55 UTC, uri: local, user_name: root}
  pre-k8s:
    current_project: '7'  # the id
    sw_token: Bearer TOK
    type: cloud
    updated_at: 2026-11-22 00:31:55 UTC
    uri: http://127.0.0.1:18999
    user_name: sw
    user_role: OWNER
link_auths: [{type: s3, ak: x}]
storage: {root: /data/sw, server_compose: /data/sw/.server/docker-compose.yaml}
version: '2.0'
`;

let dir = "";
let path = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sw-config-"));
  path = join(dir, "sub/config.yaml");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const where = (env: Record<string, string> = {}) => ({
  env: { HOME: dir, USER: "ann", SW_CLI_CONFIG: path, ...env },
  clock: { now: () => Date.UTC(2026, 10, 22, 0, 31, 55) },
});

async function put(text: string): Promise<void> {
  path = join(dir, "config.yaml");
  await writeFile(path, text);
}

test("without a file the defaults hold and none is made by reading", async () => {
  const config = await readConfig(where());
  expect(config.currentInstance).toBe("local");
  expect(config.instances.local).toMatchObject({ uri: "local", userName: "ann", currentProject: "self" });
  expect(config.swcli).toEqual({
    limits: { envsSize: undefined, imagesSize: 20 * 2 ** 30 },
    slots: { image: 1, environment: 2 },
    conda: { solver: "rattler" },
    caches: { shared: undefined },
  });
  expect(await readdir(dir)).toEqual([]);
});

test("the first write makes a file that the Python client can use, readable by its owner only", async () => {
  await updateConfig(where({ SW_LOCAL_STORAGE: "/elsewhere" }), (edit) =>
    edit.set(["instances", "local", "current_project"], "work"),
  );
  const text = await readFile(path, "utf8");
  expect(text).toMatch(/^version: ["']2\.0["']$/m);
  expect(text).not.toContain("%YAML");
  expect(text).not.toContain("/elsewhere");
  expect(parse(text)).toEqual({
    current_instance: "local",
    instances: {
      local: {
        current_project: "work",
        type: "standalone",
        updated_at: "2026-11-22 00:31:55 UTC",
        uri: "local",
        user_name: "ann",
      },
    },
    storage: { root: `${dir}/.starwhale` },
    version: "2.0",
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("the Python client's file is read", async () => {
  await put(PYTHONS);
  const config = await readConfig(where());
  expect(config).toMatchObject({
    currentInstance: "pre-k8s",
    storageRoot: "/data/sw",
    imageRepo: "registry.example.com/base",
  });
  const { token, ...rest } = config.instances["pre-k8s"] ?? {};
  expect(rest).toEqual({
    uri: "http://127.0.0.1:18999",
    userName: "sw",
    userRole: "OWNER",
    currentProject: "7",
    updatedAt: "2026-11-22 00:31:55 UTC",
  });
  expect(token?.reveal()).toBe("Bearer TOK");
  expect(JSON.stringify(config)).not.toContain("TOK");
});

test("a write changes its key and nothing else, comments and unknown keys included", async () => {
  await put(PYTHONS);
  await chmod(path, 0o644);
  await updateConfig(where({ SW_LOCAL_STORAGE: "/elsewhere" }), (edit) => edit.set(["current_instance"], "local"));
  const text = await readFile(path, "utf8");
  expect(parse(text)).toEqual({ ...parse(PYTHONS), current_instance: "local" });
  expect(text).toContain("# my own note");
  expect(text).toContain("# the id");
  expect(text).toContain("version: '2.0'");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a login is written with its token, and removed whole", async () => {
  const login = await updateConfig(where(), (edit) => {
    edit.set(["instances", "new", "uri"], "https://sw.example.com");
    edit.set(["instances", "new", "sw_token"], Secret.of("Bearer abc"));
    edit.set(["instances", "new", "user_name"], "yes");
  });
  expect(login.instances.new?.token?.reveal()).toBe("Bearer abc");
  const text = await readFile(path, "utf8");
  expect(text).toContain("sw_token: Bearer abc");
  // yaml 1.1, which PyYAML reads, takes a bare yes for true.
  expect(text).toMatch(/user_name: ["']yes["']/);
  const logout = await updateConfig(where(), (edit) => edit.remove(["instances", "new"]));
  expect(Object.keys(logout.instances)).toEqual(["local"]);
  expect(await readFile(path, "utf8")).not.toContain("abc");
});

test("an empty section becomes a mapping when a key is set in it", async () => {
  await put("version: '2.0'\ninstances:\nswcli: ~\n");
  const config = await updateConfig(where(), (edit) => {
    edit.set(["instances", "a", "uri"], "http://h");
    edit.set(["swcli", "limits", "envs_size"], "1.5 GiB");
  });
  expect(config.instances.a?.uri).toBe("http://h");
  expect(config.swcli.limits.envsSize).toBe(1.5 * 2 ** 30);
});

test("twenty changes at once are all in the file", async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      updateConfig(where(), (edit) => edit.set(["instances", `s${i}`, "uri"], `http://h${i}`)),
    ),
  );
  expect(Object.keys((await readConfig(where())).instances)).toHaveLength(21);
  expect(await readdir(join(dir, "sub"))).toEqual(["config.yaml"]);
});

test("a change that another program makes meanwhile is kept", async () => {
  await put(PYTHONS);
  let calls = 0;
  const written = updateConfig(where(), (edit) => {
    if (calls++ === 0) writeFileSync(path, PYTHONS.replace("future_key", "other_key"));
    edit.set(["current_instance"], "local");
  });
  expect((await written).currentInstance).toBe("local");
  expect(await readFile(path, "utf8")).toContain("other_key");
  expect(calls).toBe(2);
});

test("a config that is a link stays one", async () => {
  await put(PYTHONS);
  const link = join(dir, "link.yaml");
  await symlink(path, link);
  await updateConfig(where({ SW_CLI_CONFIG: link }), (edit) => edit.set(["current_instance"], "local"));
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(parse(await readFile(path, "utf8")).current_instance).toBe("local");
});

test("a change that fails leaves the file as it was", async () => {
  await put(PYTHONS);
  const failing = updateConfig(where(), (edit) => {
    edit.set(["current_instance"], "local");
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  const wrong = updateConfig(where(), (edit) => edit.set(["instances", "x", "user_name"], "no uri"));
  await expect(wrong).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  const deeper = updateConfig(where(), (edit) => edit.set(["current_instance", "x"], "y"));
  await expect(deeper).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(await readFile(path, "utf8")).toBe(PYTHONS);
});

describe("a file that is not one of ours is refused and never overwritten", () => {
  test.each([
    ["another version", "version: '3.0'\ninstances: {}\n"],
    ["an old version", "version: '1.0'\n"],
    ["broken yaml", "sw_token: [hunter2\nb: {\n"],
    ["a list", "- a\n"],
    ["a wrong type", "version: '2.0'\ninstances: [a]\n"],
    ["a token that is a map", "version: '2.0'\ninstances: {a: {uri: http://h, sw_token: {x: hunter2}}}\n"],
    ["a size without meaning", "version: '2.0'\nswcli: {limits: {envs_size: lots}}\n"],
  ])("%s", async (_, text) => {
    await put(text);
    const tries = [
      () => readConfig(where()),
      () => updateConfig(where(), (edit) => edit.set(["current_instance"], "x")),
    ];
    for (const run of tries) {
      const e = await (run() as Promise<unknown>).then(
        () => undefined,
        (e: Error) => e,
      );
      expect(e).toMatchObject({ code: "CONFIG_INVALID" });
      expect(e?.message).toContain(path);
      expect(e?.message).not.toContain("hunter2");
    }
    expect(await readFile(path, "utf8")).toBe(text);
  });
});
