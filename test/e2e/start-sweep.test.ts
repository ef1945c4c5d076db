import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { otherBuild } from "../helpers/other-build.ts";
import { makeEnv } from "./small-env.ts";
import { buildSmall } from "./small-runtime.ts";

const until = async (done: () => boolean) => {
  const end = Date.now() + 15_000;
  while (!done() && Date.now() < end) await Bun.sleep(50);
};

testWith(needsLinux())(
  "a starting daemon takes away what dead operations left, and ends their engines",
  async () => {
    await using home = await tempHome();
    const { version } = await buildSmall(home, "a", "1.0", { env: { SW_NO_DAEMON: "1" } });
    const whole = await makeEnv(home, version, "a");
    const envs = join(home.root, ".envs");
    const [dead, living] = [join(envs, `${"b".repeat(32)}-1`), join(envs, `${"c".repeat(32)}-1`)];
    for (const prefix of [dead, living]) await mkdir(join(prefix, "bin"), { recursive: true });
    const store = join(home.root, ".store/v1");
    for (const dir of ["ingest", "leases"]) await mkdir(join(store, dir), { recursive: true });
    await writeFile(join(store, "ingest/half"), "x");
    await Bun.sleep(20);
    const owner = { pid: 1 << 21, started: "1" };
    const lease = (name: string, prefix: string, who: unknown) =>
      writeFile(join(store, "leases", `${name}.json`), JSON.stringify({ name, prefix, digests: [], owner: who }));
    await lease("dead", dead, owner);
    const stat = await Bun.file("/proc/self/stat").text();
    await lease("living", living, { pid: process.pid, started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] });
    // An engine in a group of its own, named like ours, and a person's look at the same folder.
    const uv = join(home.dir, "uv");
    await Bun.write(uv, Bun.file(Bun.which("tail") ?? "/usr/bin/tail"));
    await home.exec(["chmod", "+x", uv]);
    const log = join(dead, "bin/log");
    await writeFile(log, "");
    const engine = Bun.spawn([uv, "-f", log], { detached: true, stdout: "ignore" });
    const person = Bun.spawn(["tail", "-f", log], { detached: true, stdout: "ignore" });
    try {
      await home.run(["runtime", "list"]);
      await engine.exited;
      expect(person.exitCode).toBe(null);
      // The person is in there: the folder stays as long.
      await until(() => !existsSync(join(store, "leases/dead.json")));
      await Bun.sleep(200);
      expect(existsSync(dead)).toBe(true);
    } finally {
      engine.kill();
      person.kill();
      await person.exited;
    }
    expect(existsSync(join(store, "ingest/half"))).toBe(false);
    expect([existsSync(living), existsSync(whole.prefix)]).toEqual([true, true]);
    await home.run(["daemon", "restart"]);
    await home.run(["runtime", "list"]);
    await until(() => !existsSync(dead));
    expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
  },
  60_000,
);

testWith(needsLinux())(
  "what a shell's hook reads is made anew after an upgrade, and only then",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": "name: demo\nenvironment:\n  python: 3.11\ndependencies: []\n" });
    await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir });
    const { stdout: hook } = await home.run(["shell", "init", "bash"]);
    await home.exec(["bash", "--norc", await home.write("enter.bash", `${hook}\nswcli runtime activate demo\n`)]);
    const entry = join(home.root, ".store/v1/activation/by-uri/demo/@");
    expect(existsSync(entry)).toBe(true);
    await home.run(["daemon", "restart"]);
    await home.run(["runtime", "list"]);
    expect(existsSync(entry)).toBe(true);
    const { build } = (await home.run(["-o", "json", "daemon", "status"])).json;
    await home.exec([await otherBuild(home, build), "runtime", "list"]);
    expect(existsSync(entry)).toBe(false);
  },
  60_000,
);
