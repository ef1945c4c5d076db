import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { makeEnv } from "./small-env.ts";
import { buildMany, buildSmall } from "./small-runtime.ts";

const HOUR = 3_600_000;

async function gc(home: Home, ...args: string[]) {
  const ran = await home.run(["-o", "json", "gc", "--yes", ...args]);
  if (ran.exitCode !== 0) throw new Error(ran.stdout + ran.stderr);
  return ran.json;
}

/** Files of blobs and trees. */
async function files(home: Home): Promise<number> {
  const lists = ["blobs", "trees"].map(async (dir) => {
    const entries = await readdir(join(home.root, ".store/v1", dir), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  });
  return (await Promise.all(lists)).reduce((a, b) => a + b);
}

bothModes((mode) => {
  test("removed versions and their content go, what others share stays, and it says what was freed", async () => {
    await using home = await tempHome({ mode });
    const [v0 = "", v1 = ""] = await buildMany(home, "a", 2);
    // The same content under another name.
    await buildSmall(home, "a", "1.0", { args: ["-n", "b"] });
    const before = await files(home);
    await home.run(["runtime", "remove", "a"]);
    const plan = await gc(home, "--dry-run");
    expect(await files(home)).toBe(before);
    const done = await gc(home);
    expect(done.versions.map((v: { version: string }) => v.version).sort()).toEqual([v0, v1].sort());
    expect({ ...plan, dry_run: false }).toEqual(done);
    expect([done.blobs.count, await files(home)]).toEqual([2, before - 3]);
    expect(done.freed_bytes).toBeGreaterThan(1000);
    const lost = await home.run(["-o", "json", "runtime", "recover", "a"]);
    expect(lost.json.error.code).toBe("RUNTIME_NOT_FOUND");
    expect((await home.run(["runtime", "info", "b", "-of", "all"])).exitCode).toBe(0);
    expect((await gc(home)).freed_bytes).toBe(0);
  });

  test("what was removed for good is swept too, and can be built again", async () => {
    await using home = await tempHome({ mode });
    const { version } = await buildSmall(home, "a", "1.0");
    await home.run(["runtime", "remove", "-f", "a"]);
    expect((await gc(home)).blobs.count).toBe(2);
    expect(await files(home)).toBe(0);
    expect(await buildSmall(home, "a", "1.0")).toMatchObject({ version, tags: ["latest", "v0"] });
    expect((await home.run(["runtime", "info", "a", "-of", "manifest"])).exitCode).toBe(0);
  });

  test("--older-than leaves what was removed since, and must be a duration", async () => {
    await using home = await tempHome({ mode });
    await buildMany(home, "a", 2);
    await home.run(["runtime", "remove", "a/version/v0"]);
    expect((await gc(home, "--older-than", "1h")).versions).toEqual([]);
    expect((await home.run(["runtime", "recover", "a/version/v0"])).exitCode).toBe(0);
    await home.run(["runtime", "remove", "a/version/v0"]);
    expect((await gc(home, "--older-than", "0s")).versions).toHaveLength(1);
    expect((await home.run(["gc", "--older-than", "soon"])).exitCode).toBe(2);
  });

  test("a removed project goes with its runtimes", async () => {
    await using home = await tempHome({ mode });
    await buildSmall(home, "a", "1.0", { args: ["-p", "other"] });
    await buildSmall(home, "kept", "2.0");
    await home.run(["project", "remove", "other"]);
    expect((await gc(home)).versions).toMatchObject([{ name: "a", project: "other" }]);
    const projects = await home.run(["-o", "json", "project", "list", "--show-removed"]);
    expect(projects.json.map((p: { name: string }) => p.name)).toEqual(["self"]);
    expect((await home.run(["project", "recover", "other"])).exitCode).toBe(3);
    expect((await home.run(["runtime", "info", "kept", "-of", "all"])).exitCode).toBe(0);
  });

  test("leftovers of operations that died go, those of a running one stay", async () => {
    await using home = await tempHome({ mode });
    await buildSmall(home, "a", "1.0");
    const ingest = join(home.root, ".store/v1/ingest");
    const leases = join(home.root, ".store/v1/leases");
    await mkdir(ingest, { recursive: true });
    await writeFile(join(ingest, "old"), "x");
    await Bun.sleep(50);
    await writeLease(leases, "running", process.pid);
    await writeLease(leases, "dead", 1 << 21);
    await Bun.sleep(50);
    await writeFile(join(ingest, "young"), "x");
    await buildSmall(home, "b", "2.0");
    await home.run(["runtime", "remove", "-f", "b"]);
    // What came into the store since the running operation began may be its own.
    expect(await gc(home)).toMatchObject({ leftovers: { count: 1 }, blobs: { count: 0 } });
    expect(await readdir(ingest)).toEqual(["young"]);
    await writeLease(leases, "running", 1 << 21);
    expect(await gc(home)).toMatchObject({ leftovers: { count: 1 }, blobs: { count: 2 } });
  });

  test("an environment that no runtime needs goes; one of a runtime stays without --envs", async () => {
    await using home = await tempHome({ mode });
    const [v0 = "", v1 = ""] = await buildMany(home, "a", 2);
    const one = await makeEnv(home, v0, "a");
    const two = await makeEnv(home, v1, "b", Date.now() - 40 * 24 * HOUR);
    expect((await gc(home)).environments).toEqual([]);
    await home.run(["runtime", "remove", "a/version/v0"]);
    const done = await gc(home);
    expect(done.environments).toMatchObject([{ prefix: one.prefix, why: "no runtime needs it" }]);
    expect(done.freed_bytes).toBeGreaterThan(100_000);
    expect([existsSync(one.prefix), existsSync(two.prefix)]).toEqual([false, true]);
    expect((await gc(home, "--envs")).environments).toMatchObject([{ prefix: two.prefix, why: "not used for long" }]);
    expect(await readdir(join(home.root, ".envs"))).toEqual([]);
    const [row] = (await home.run(["-o", "json", "runtime", "list"])).json;
    expect(row).toMatchObject({ version: v1, env: "none" });
  });

  test("--envs --older-than goes by last use, a size limit takes the longest unused first", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 3);
    const now = Date.now();
    const envs = await Promise.all(ids.map((id, i) => makeEnv(home, id, "abc"[i] ?? "d", now - 50 * HOUR)));
    await envs[0]?.usedAt(now - 2 * HOUR);
    await envs[2]?.usedAt(now - 4 * HOUR);
    const prefixes = (rows: { prefix: string }[]) => rows.map(({ prefix }) => prefix);
    expect(prefixes((await gc(home, "--envs", "--older-than", "3h", "--dry-run")).environments)).toEqual(
      [envs[1], envs[2]].map((env) => env?.prefix ?? ""),
    );
    await home.write(".config/starwhale/config.yaml", "version: '2.0'\nswcli: {limits: {envs_size: 200KiB}}\n");
    const done = await gc(home, "--envs");
    expect(done.environments).toMatchObject([
      { prefix: envs[1]?.prefix, why: "over the size limit" },
      { prefix: envs[2]?.prefix, why: "over the size limit" },
    ]);
    expect(existsSync(envs[0]?.prefix ?? "")).toBe(true);
  });

  test("an environment stays while a process runs in it, stands in it, or was just told of it", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 4);
    const envs = await Promise.all(ids.map((id, i) => makeEnv(home, id, "abcd"[i] ?? "e")));
    const [a, b, c, d] = envs.map((env) => env.prefix);
    const users = [
      Bun.spawn([`${a}/bin/python`, "60"], { env: {} }),
      Bun.spawn(["sleep", "60"], { cwd: b }),
      Bun.spawn(["sleep", "60"], { env: { VIRTUAL_ENV: c } }),
    ];
    try {
      await envs[3]?.usedAt(Date.now());
      await home.run(["runtime", "remove", "a"]);
      const done = await gc(home);
      expect(done.environments).toEqual([]);
      const whys = done.kept.map((row: { prefix: string; why: string }) => [row.prefix, row.why.split(" ").at(-1)]);
      expect(whys.sort()).toEqual([
        [a, "it"],
        [b, "it"],
        [c, "it"],
        [d, "seconds"],
      ]);
    } finally {
      for (const user of users) user.kill();
    }
    await Promise.all(users.map((user) => user.exited));
    await envs[3]?.usedAt(Date.now() - HOUR);
    expect((await gc(home)).environments).toHaveLength(4);
  });

  test("unfinished prefixes go, unless a living operation makes them", async () => {
    await using home = await tempHome({ mode });
    const { version } = await buildSmall(home, "a", "1.0");
    const env = await makeEnv(home, version, "a");
    const [replaced, making] = [env.prefix.replace(/1$/, "7"), join(home.root, ".envs", `${"f".repeat(32)}-1`)];
    for (const prefix of [replaced, making]) await mkdir(join(prefix, "lib"), { recursive: true });
    await writeLease(join(home.root, ".store/v1/leases"), "making", process.pid, making);
    const done = await gc(home);
    expect(done.environments).toMatchObject([{ prefix: replaced, why: "unfinished or replaced" }]);
    expect(done.kept).toMatchObject([{ prefix: making, why: "it is being made" }]);
    expect([existsSync(env.prefix), existsSync(making)]).toEqual([true, true]);
  });

  test("a damaged tree stops gc: nothing is swept that it may hold", async () => {
    await using home = await tempHome({ mode });
    const { version } = await buildSmall(home, "a", "1.0");
    await buildSmall(home, "b", "2.0");
    await home.run(["runtime", "remove", "-f", "b"]);
    await writeFile(join(home.root, ".store/v1/trees", version.slice(0, 2), `${version}.json`), "{");
    const before = await files(home);
    const ran = await home.run(["-o", "json", "gc", "--yes"]);
    expect([ran.exitCode, ran.json.error.code]).toEqual([1, "STORE_DAMAGED"]);
    expect(await files(home)).toBe(before);
  });
});

/** As an operation of that process holds it; a pid beyond the limit is nobody's. */
async function writeLease(dir: string, name: string, pid: number, prefix?: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const stat = pid === process.pid ? await Bun.file(`/proc/${pid}/stat`).text() : "";
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  const lease = { name, prefix, digests: [], owner: { pid, started: started || "0" } };
  await writeFile(join(dir, `${name}.json`), JSON.stringify(lease));
}

test("an environment that shells entered by themselves counts as used then, also when they have ended", async () => {
  await using home = await tempHome();
  const { version } = await buildSmall(home, "a", "1.0");
  const env = await makeEnv(home, version, "a", Date.now() - 50 * 24 * HOUR);
  await env.usedAt(Date.now() - 40 * 24 * HOUR);
  const ended = Bun.spawn(["true"]);
  await ended.exited;
  const mark = join(home.root, ".store/v1/activation/live", String(ended.pid));
  await mkdir(dirname(mark), { recursive: true });
  // It left, and went into another one later.
  const entered = Math.floor((Date.now() - 24 * HOUR) / 1000);
  const name = basename(env.prefix);
  await writeFile(mark, `in ${name} ${entered}\nleft ${name}\nin ${"f".repeat(32)}-1\n`);
  for (let looks = 0; looks < 2; looks++) {
    expect((await gc(home, "--envs")).environments).toEqual([]);
    await home.run(["env", "list"]);
  }
  expect(existsSync(mark)).toBe(false);
  const done = await gc(home, "--envs", "--older-than", "20h");
  expect(done.environments).toMatchObject([{ prefix: env.prefix, why: "not used for long" }]);
});

test("an environment stays while a shell lives that evaluated shellenv, and goes after it", async () => {
  await using home = await tempHome();
  const { version } = await buildSmall(home, "a", "1.0");
  const env = await makeEnv(home, version, "a");
  const shell = Bun.spawn(["bash", "--norc"], { env: home.env, cwd: home.dir, stdin: "pipe", stdout: "pipe" });
  shell.stdin.write(`eval "$('${SWCLI_BIN}' runtime shellenv a --shell bash)"; echo "in $VIRTUAL_ENV"\n`);
  await shell.stdin.flush();
  const said = await shell.stdout.getReader().read();
  expect(new TextDecoder().decode(said.value)).toContain(env.prefix);
  await env.usedAt(Date.now() - HOUR);
  await home.run(["runtime", "remove", "a"]);
  expect((await gc(home)).kept).toMatchObject([{ prefix: env.prefix, why: "a shell is in it" }]);
  const used = await stat(`${env.prefix.replace(/-\d+$/, "")}.used`);
  expect(used.mtimeMs).toBeGreaterThan(Date.now() - HOUR / 2);
  shell.kill(9);
  await shell.exited;
  expect((await gc(home)).environments).toMatchObject([{ prefix: env.prefix }]);
});
