/** kill -9 at any moment of a build: the same command works afterwards, and the environment that it makes is whole. */
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { type Home, type Mode, tempHome } from "../helpers/home.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "wait"];
const IMPORT = "import pk0, pk1, pk2, pk3; print('whole')";

/** Each round builds something new, so that every step is under way at some moment. */
async function project(home: Home, index: string, round: number): Promise<string> {
  const yaml = `name: demo\nenvironment: {python: 3.11}\nconfigs: {pip: {index_url: "${index}"}}\ndependencies:\n  - pip: [pk0, pk1, pk2, pk3]\n  - files: [{src: f.txt, dest: share/f.txt}]\n`;
  return await home.project({ "runtime.yaml": yaml, "f.txt": `round ${round}\n` });
}

async function victim(home: Home, mode: Mode, client: number): Promise<number> {
  return mode === "in-process" ? client : (await home.run(["daemon", "status", "-o", "json"])).json.pid;
}

for (const mode of ["daemon", "in-process"] satisfies Mode[]) {
  test(
    `ten random moments (${mode})`,
    async () => {
      await using home = await tempHome({ mode });
      const names = ["pk0", "pk1", "pk2", "pk3"];
      const wheels = await Promise.all(names.map((name) => makeWheel(`${home.dir}/wheels`, { name })));
      await using index = await servePackages(wheels, { delayMs: 20 });
      for (let round = 0; round < 10; round++) {
        const cwd = await project(home, index.url, round);
        if (mode === "daemon") await home.run(["daemon", "start"]);
        const env = { UV_CACHE_DIR: `${home.dir}/uv-${round}`, PIP_FIND_LINKS: undefined };
        const build = home.spawn([...BUILD, "-nc"], { cwd, env });
        const pid = await victim(home, mode, build.pid);
        const ms = Math.floor(Math.random() * 700);
        await Bun.sleep(ms);
        kill(pid);
        await build.exited;
        const said = `round ${round}, killed after ${ms} ms`;
        const again = await home.run(BUILD, { cwd, env });
        expect([said, again.exitCode, again.exitCode === 0 ? "" : again.stderr]).toEqual([said, 0, ""]);
        const script = `python -c "${IMPORT}"; cat $VIRTUAL_ENV/share/f.txt`;
        const ran = await home.run(["runtime", "run", "demo", "sh", "-c", script], { env });
        expect([said, ran.stdout]).toEqual([said, `whole\nround ${round}\n`]);
      }
      if (mode === "in-process") await home.run(["daemon", "start"], { env: { SW_NO_DAEMON: undefined } });
      else await home.run(["daemon", "restart"]);
      // What the dead left is swept a second after a daemon has started.
      for (let i = 0; i < 100 && (await leftovers(home)) > 0; i++) await Bun.sleep(100);
      expect(await leftovers(home)).toBe(0);
    },
    3 * MINUTES,
  );
}

/** In time or not: a build may have ended before. */
function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (e) {
    if (!(e instanceof Error && "code" in e && e.code === "ESRCH")) throw e;
  }
}

async function leftovers(home: Home): Promise<number> {
  const envs = await readdir(`${home.root}/.envs`);
  const whole = envs.filter((name) => name.endsWith(".json")).length;
  const unfinished = envs.filter((name) => /-\d+$/.test(name)).length - whole;
  const leases = (await readdir(`${home.root}/.store/v1/leases`)).filter((name) => name.endsWith(".json"));
  return unfinished + leases.length + (await readdir(`${home.root}/.store/v1/ingest`)).length;
}
