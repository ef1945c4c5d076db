/** A disk that is full at any step: DISK_FULL, nothing half-made, and the same command works once there is space. */
import { expect } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { type Home, type Mode, tempHome } from "../helpers/home.ts";
import { needsLinux, needsRoot, testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const YAML =
  "name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - pip: [numpy]\n  - files: [{src: large.bin, dest: share/large.bin}]\n";

/** The store on a file system of its own of this size. */
async function smallDisk(home: Home, size: string): Promise<AsyncDisposable> {
  await mkdir(home.root, { recursive: true });
  const mounted = await home.exec(["mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", home.root]);
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr);
  return {
    async [Symbol.asyncDispose]() {
      await home.run(["daemon", "stop"]);
      await home.exec(["umount", home.root]);
    },
  };
}

const grow = async (home: Home) => await home.exec(["mount", "-o", "remount,size=400m", home.root]);
const namesIn = async (path: string) => await readdir(path).catch(() => []);

// Not enough for uv itself; for the content; for the environment (uv takes 37 MB, the content 6 MB).
const STEPS: [string, string][] = [
  ["uv is unpacked", "20m"],
  ["the files are taken in", "40m"],
  ["the environment is made", "60m"],
];

for (const mode of ["daemon", "in-process"] satisfies Mode[]) {
  for (const [step, size] of STEPS) {
    testWith(needsRoot(), needsLinux())(
      `${mode}: full while ${step}`,
      async () => {
        await using home = await tempHome({ mode });
        await using _disk = await smallDisk(home, size);
        const large = crypto.getRandomValues(new Uint8Array(65_536));
        const content = Buffer.concat(Array.from({ length: 96 }, () => large));
        const dir = await home.project({ "runtime.yaml": YAML, "large.bin": content });
        const build = ["runtime", "build", "--prepare", "wait"];
        const failed = await home.run(build, { cwd: dir });
        expect(failed.exitCode).toBe(1);
        expect(failed.stderr).toContain("(DISK_FULL)");
        expect(failed.stderr.match(/error: /g)?.length).toBeLessThan(3);
        expect(await namesIn(`${home.root}/.store/v1/ingest`)).toEqual([]);
        expect(await namesIn(`${home.root}/.envs`)).toEqual([]);
        const tools = await readdir(home.root, { recursive: true });
        expect(tools.filter((name) => name.endsWith(".tmp"))).toEqual([]);
        await grow(home);
        expect(await home.run(build, { cwd: dir })).toMatchObject({ exitCode: 0 });
        expect((await home.run(["runtime", "run", "demo", "python", "-c", "import numpy"])).exitCode).toBe(0);
      },
      3 * MINUTES,
    );
  }
}
