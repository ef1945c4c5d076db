/** Every way to name an environment, and every option of `env list|info|remove|verify|prune`, without Python or network. */
import { expect, test } from "bun:test";
import { existsSync, linkSync, readdirSync, rmSync } from "node:fs";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { makeEnv, type SmallEnv } from "./small-env.ts";
import { buildMany } from "./small-runtime.ts";

const HOUR = 3_600_000;

async function threeEnvs(home: Home): Promise<SmallEnv[]> {
  const ids = await buildMany(home, "a", 3);
  const now = Date.now();
  const envs = await Promise.all(ids.map((id, i) => makeEnv(home, id, "abc"[i] ?? "d", now - 50 * HOUR)));
  for (const [i, env] of envs.entries()) await env.usedAt(now - (10 - i) * HOUR);
  return envs;
}

bothModes((mode) => {
  test("one is named by URI, tag, key, the key's beginning, or path, and what is none is said", async () => {
    await using home = await tempHome({ mode });
    const [first, , third] = await threeEnvs(home);
    const { key = "", prefix = "" } = third ?? {};
    for (const word of ["a", "a/version/latest", "local/project/self/runtime/a", key, key.slice(0, 12), prefix]) {
      const info = await home.run(["env", "info", word, "-o", "json"]);
      expect([word, info.json.prefix]).toEqual([word, prefix]);
    }
    expect((await home.run(["env", "info", "a/v0", "-o", "json"])).json.prefix).toBe(first?.prefix);
    for (const word of ["nothing", "0123456789ab", "/nowhere"]) {
      const info = await home.run(["env", "info", word]);
      expect([word, info.exitCode]).toEqual([word, 3]);
    }
  });

  test("the table shows what the JSON says: key, size, last use and who uses it", async () => {
    await using home = await tempHome({ mode });
    const envs = await threeEnvs(home);
    const rows = (await home.run(["env", "list", "-o", "json"])).json;
    expect(rows.map(({ name }: { name: string }) => name).sort()).toEqual(envs.map(({ key }) => key));
    for (const row of rows) expect(row.size).toBeGreaterThanOrEqual(100_000);
    const table = (await home.run(["env", "list"])).stdout;
    for (const { key } of envs) expect(table).toContain(key.slice(0, 12));
    expect(table).toContain("self/a");
  });

  test("who asks from within one, or stood in it before, does not use it", async () => {
    await using home = await tempHome({ mode });
    const [env] = await threeEnvs(home);
    const { key = "", prefix = "" } = env ?? {};
    const user = Bun.spawn(["sleep", "60"], { env: { OLDPWD: `${prefix}/lib` } });
    try {
      const asking = { OLDPWD: `${prefix}/lib`, VIRTUAL_ENV: prefix, PATH: `${prefix}/bin:${home.env.PATH}` };
      const info = await home.run(["env", "info", key, "-o", "json"], { env: asking });
      expect(info.json.pids).toEqual([]);
      expect((await home.run(["env", "remove", key], { env: asking })).exitCode).toBe(0);
    } finally {
      user.kill();
      await user.exited;
    }
  });

  test("a used one is removed only by --force", async () => {
    await using home = await tempHome({ mode });
    const [env] = await threeEnvs(home);
    const { key = "", prefix = "" } = env ?? {};
    const user = Bun.spawn([`${prefix}/bin/python`, "60"]);
    try {
      const rows = (await home.run(["env", "list", "-o", "json"])).json;
      expect(rows.find(({ name }: { name: string }) => name === key).pids).toEqual([user.pid]);
      const refused = await home.run(["env", "remove", key]);
      expect([refused.exitCode, refused.stderr.includes(`by process ${user.pid}`)]).toEqual([4, true]);
      expect(existsSync(prefix)).toBe(true);
      expect((await home.run(["env", "remove", "--force", key])).exitCode).toBe(0);
      expect(existsSync(prefix)).toBe(false);
    } finally {
      user.kill();
      await user.exited;
    }
  });

  test("prune keeps to the size limit: the longest unused first, never a used one, and --dry-run only says so", async () => {
    await using home = await tempHome({ mode });
    const [first, second, third] = await threeEnvs(home);
    expect((await home.run(["env", "prune", "-o", "json"])).json.environments).toEqual([]);
    await home.write(".config/starwhale/config.yaml", "version: '2.0'\nswcli: {limits: {envs_size: 200KiB}}\n");
    const user = Bun.spawn([`${first?.prefix}/bin/python`, "60"]);
    try {
      const gone = async (...words: string[]) =>
        (await home.run(["env", "prune", "-o", "json", ...words])).json.environments.map(
          ({ prefix, why }: { prefix: string; why: string }) => [prefix, why],
        );
      const expected = [second, third].map((env) => [env?.prefix, "over the size limit"]);
      expect(await gone("--dry-run")).toEqual(expected);
      expect(readdirSync(`${home.root}/.envs`).filter((name) => /-1$/.test(name))).toHaveLength(3);
      expect(await gone()).toEqual(expected);
      expect(existsSync(first?.prefix ?? "")).toBe(true);
      expect(existsSync(second?.prefix ?? "")).toBe(false);
    } finally {
      user.kill();
      await user.exited;
    }
  });

  test("prune counts what environments share once, so none goes while they fit into the limit together", async () => {
    await using home = await tempHome({ mode });
    const [first, ...others] = await threeEnvs(home);
    for (const { prefix } of others) {
      rmSync(`${prefix}/data`);
      linkSync(`${first?.prefix}/data`, `${prefix}/data`);
    }
    const rows: { size: number; own_size: number }[] = (await home.run(["env", "list", "-o", "json"])).json;
    const together =
      rows.reduce((sum, { own_size }) => sum + own_size, 0) + (rows[0]?.size ?? 0) - (rows[0]?.own_size ?? 0);
    const prune = async (limit: number) => {
      await home.write(".config/starwhale/config.yaml", `version: '2.0'\nswcli: {limits: {envs_size: ${limit}}}\n`);
      return (await home.run(["env", "prune", "--dry-run", "-o", "json"])).json.environments;
    };
    expect(await prune(together)).toEqual([]);
    expect(await prune(together - 1)).toMatchObject([{ prefix: first?.prefix }]);
  });

  test("verify without a name reads every shared one, with names only those", async () => {
    await using home = await tempHome({ mode });
    const envs = await threeEnvs(home);
    const verified = async (...words: string[]) =>
      (await home.run(["env", "verify", "-o", "json", ...words])).json.environments.map(
        ({ prefix }: { prefix: string }) => prefix,
      );
    expect((await verified()).sort()).toEqual(envs.map(({ prefix }) => prefix));
    expect(await verified("a/v0", envs[2]?.key ?? "")).toEqual([envs[0]?.prefix, envs[2]?.prefix]);
    await home.exec(["chmod", "u+w", `${envs[0]?.prefix}/data`, envs[0]?.prefix ?? ""]);
    await Bun.write(`${envs[0]?.prefix}/data`, "other");
    const said = await home.run(["env", "verify", "a/v0"]);
    expect(said.exitCode).toBe(1);
    expect(said.stdout).toContain("changed data");
    expect((await home.run(["env", "verify", "a/v1"])).exitCode).toBe(0);
  });
});
