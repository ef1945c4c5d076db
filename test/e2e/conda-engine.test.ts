/** The conda engine as a process: kept, ended with whom it works for, and only the one whose hash we know. */
import { expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { yamlProject } from "./conda-env.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;
const build = ["runtime", "build", "--prepare", "no"];

async function engines(home: Home): Promise<number[]> {
  const pids = await home.processes();
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, i) => /driver-[0-9a-f]+\.py/.test(commands[i] ?? ""));
}

withChannel(
  "the engine that solved for one build solves for the next one",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome();
    const first = await yamlProject(home, `file://${dir}/main`, ["conda: [everywhere]"]);
    expect(await home.run(build, { cwd: first })).toMatchObject({ exitCode: 0 });
    const before = await engines(home);
    expect(before).toHaveLength(1);
    const second = await yamlProject(home, `file://${dir}/main`, ["conda: [loud]"]);
    expect(await home.run(build, { cwd: second })).toMatchObject({ exitCode: 0 });
    expect(await engines(home)).toEqual(before);
  },
  LONG,
);

withChannel(
  "a build that is interrupted takes its engine along, and not that of another build",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome();
    await home.run(build, { cwd: await yamlProject(home, `file://${dir}/main`, ["conda: [everywhere]"]) });
    const gate = Promise.withResolvers<void>();
    await using channel = serveChannel(dir, { before: () => gate.promise });
    const start = async (name: string, packages: string) => {
      const asked = channel.requests.length;
      const cwd = await yamlProject(home, `${channel.url}/main`, [`conda: [${packages}]`]);
      const child = home.spawn([...build, "-n", name], { cwd });
      while (channel.requests.length === asked) await Bun.sleep(10);
      return child;
    };
    const kept = await start("kept", "loud");
    const ended = await start("ended", "calm");
    ended.kill("SIGINT");
    expect(await ended.result()).toMatchObject({ exitCode: 130 });
    gate.resolve();
    expect(await kept.result()).toMatchObject({ exitCode: 0 });
    for (let i = 0; i < 300 && (await engines(home)).length > 1; i++) await Bun.sleep(20);
    expect(await engines(home)).toHaveLength(1);
  },
  LONG,
);

withChannel(
  "an engine that is not the one whose hash we know is not used",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const mark = join(home.dir, "was-run");
    const more = { "rattler/__init__.py": `open(${JSON.stringify(mark)}, "w")\n` };
    const wheel = await makeWheel(join(home.dir, "wheels"), { name: "py-rattler", version: "0.28.0", more });
    await using index = await servePackages([wheel]);
    const env = { PIP_INDEX_URL: index.url, PIP_EXTRA_INDEX_URL: undefined, PIP_FIND_LINKS: undefined };
    const cwd = await yamlProject(home, `file://${dir}/main`, ["conda: [everywhere]"]);
    const refused = await home.run(build, { cwd, env: { ...env, UV_CACHE_DIR: join(home.dir, "uv") } });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("ENGINE_FAILED");
    expect(refused.stderr).toMatch(/hash/i);
    expect(await Bun.file(mark).exists()).toBe(false);
  },
  LONG,
);
