/** The main job: a runtime.yaml becomes a version, an environment and a command's world, on real packages. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { bothModes, type Home, type Mode, tempHome } from "../helpers/home.ts";

const MINUTES = 60_000;
const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip:\n      - six\n";

const withHome = async (mode: Mode, story: (home: Home) => Promise<void>) => {
  await using home = await tempHome({ mode });
  await story(home);
};

const storeFiles = async (home: Home) => {
  const refs = `${home.root}/.store/v1/refs`;
  return existsSync(refs) ? (await readdir(refs, { recursive: true })).sort() : [];
};

bothModes((mode) => {
  test(
    "build, list and run work on real packages with a file and a wheel",
    async () => {
      await withHome(mode, async (home) => {
        const fixture = `${import.meta.dir}/../fixtures/quickstart`;
        const built = await home.run(["runtime", "build", "-y", `${fixture}/runtime.yaml`, "-o", "json"]);
        expect(built).toMatchObject({ exitCode: 0 });
        expect(Object.keys(built.json).sort()).toEqual(["lock", "name", "tags", "unchanged", "uri", "version"]);
        expect(built.json.version).toMatch(/^[a-z2-7]{40}$/);
        expect(built.json.tags).toEqual(["latest", "v0"]);
        const list = await home.run(["runtime", "list", "-o", "json"]);
        expect(list.json[0]).toMatchObject({ name: built.json.name, version: built.json.version, removed: false });
        const ran = await home.run([
          "runtime",
          "run",
          built.json.name,
          "python",
          "-c",
          "import hello_swcli, sys; print(sys.prefix)",
        ]);
        expect(ran).toMatchObject({ exitCode: 0 });
        expect(ran.stdout.trim()).toStartWith(`${home.root}/.envs/`);
      });
    },
    3 * MINUTES,
  );

  test(
    "under another name, what the yaml is warned of is said again, and what the store has lost is packed again",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({
          "runtime.yaml": `${YAML}  - files: [{ src: f, dest: f }]\nenviroment: 1\n`,
          f: "F",
        });
        const build = async (name: string) => {
          const built = await home.run(["runtime", "build", "-n", name, "--prepare", "no", "-o", "json"], { cwd: dir });
          expect(built.stderr).toContain("enviroment");
          return built.json;
        };
        const first = await build("first");
        // Younger files might hide a change, so nothing is remembered of them.
        await Bun.sleep(100);
        expect(await build("first")).toEqual({ ...first, unchanged: true, lock: { ...first.lock, cached: true } });
        const blobs = `${home.root}/.store/v1/blobs/sha256`;
        const f = Bun.CryptoHasher.hash("sha256", "F", "hex");
        await rm(`${blobs}/${f.slice(0, 2)}/${f}`);
        expect((await build("second")).version).toBe(first.version);
        expect(existsSync(`${blobs}/${f.slice(0, 2)}/${f}`)).toBe(true);
        await home.run(["runtime", "remove", "-f", "-y", "first"]);
        expect(await build("first")).toMatchObject({
          version: first.version,
          tags: ["latest", "v0"],
          unchanged: false,
        });
        await home.write(`${dir.slice(home.dir.length + 1)}/f`, "G");
        expect((await build("third")).version).not.toBe(first.version);
      });
    },
    MINUTES,
  );

  test(
    "building the same input again is unchanged, gives no new vN and the same id under another name",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({ "runtime.yaml": YAML });
        const first = await home.run(["runtime", "build", "-o", "json"], { cwd: dir });
        const again = await home.run(["runtime", "build", "-o", "json"], { cwd: dir });
        expect(again.json).toMatchObject({ version: first.json.version, unchanged: true, tags: ["latest", "v0"] });
        const other = await home.run(["runtime", "build", "-n", "other", "-o", "json"], { cwd: dir });
        expect(other.json).toMatchObject({ version: first.json.version, name: "other", unchanged: false });
      });
    },
    2 * MINUTES,
  );

  test(
    "a changed input gets v1 and latest; going back moves latest and says so, without a new vN",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({ "runtime.yaml": YAML });
        const first = await home.run(["runtime", "build", "-t", "good", "-o", "json"], { cwd: dir });
        await home.write(`${dir}/runtime.yaml`, `${YAML}      - idna\n`);
        const second = await home.run(["runtime", "build", "-o", "json"], { cwd: dir });
        expect(second.json.tags).toEqual(["latest", "v1"]);
        await home.write(`${dir}/runtime.yaml`, YAML);
        const back = await home.run(["runtime", "build"], { cwd: dir });
        expect(back.stderr).toContain("latest moves from");
        const history = await home.run(["runtime", "history", "demo", "-o", "json"]);
        const tags = Object.fromEntries(
          history.json.map((row: { version: string; tags: string[] }) => [row.version, row.tags]),
        );
        expect(tags).toEqual({ [first.json.version]: ["latest", "v0", "good"], [second.json.version]: ["v1"] });
      });
    },
    2 * MINUTES,
  );

  test(
    "a tag of another version is refused and nothing is changed",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({ "runtime.yaml": YAML });
        await home.run(["runtime", "build", "-t", "good"], { cwd: dir });
        await home.write(`${dir}/runtime.yaml`, `${YAML}      - idna\n`);
        const taken = await home.run(["runtime", "build", "-t", "fine", "-t", "good", "-o", "json"], { cwd: dir });
        expect(taken).toMatchObject({ exitCode: 4, json: { error: { code: "TAG_TAKEN" } } });
        const history = await home.run(["runtime", "history", "demo", "-o", "json"]);
        expect(history.json).toHaveLength(1);
      });
    },
    2 * MINUTES,
  );

  test(
    "the lock has a hash on every line, for both Linux platforms, and is in the package",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({ "runtime.yaml": YAML });
        await home.run(["runtime", "build"], { cwd: dir });
        const info = await home.run(["runtime", "info", "demo", "-of", "all", "-o", "json"]);
        const text = JSON.stringify(info.json);
        expect(text).toContain("six==");
        expect(text).toContain("--hash=sha256:");
        expect(text).toContain("linux-aarch64");
        expect(text).toContain("linux-x86_64");
      });
    },
    2 * MINUTES,
  );

  const REFUSED: [string, Record<string, string>, string, number][] = [
    ["python 2.7", { "runtime.yaml": "name: x\nenvironment:\n  python: 2.7\n" }, "MANIFEST_PYTHON", 2],
    ["cuda 12.1", { "runtime.yaml": "name: x\nenvironment:\n  cuda: 12.1\n" }, "MANIFEST_CUDA", 2],
    ["cudnn without cuda", { "runtime.yaml": "name: x\nenvironment:\n  cudnn: 8\n" }, "MANIFEST_CUDA", 2],
    ["os windows", { "runtime.yaml": "name: x\nenvironment:\n  os: windows\n" }, "MANIFEST_OS", 2],
    ["arch riscv", { "runtime.yaml": "name: x\nenvironment:\n  arch: riscv\n" }, "MANIFEST_ARCH", 2],
    ["no name", { "runtime.yaml": "mode: venv\n" }, "MANIFEST_NAME", 2],
    ["broken yaml", { "runtime.yaml": "name: [x\n" }, "MANIFEST_SYNTAX", 2],
    ["an unknown kind", { "runtime.yaml": "name: x\ndependencies:\n  - npm: [left-pad]\n" }, "MANIFEST_DEPENDENCY", 2],
    ["pip as text", { "runtime.yaml": "name: x\ndependencies:\n  - pip: six\n" }, "MANIFEST_TYPE", 2],
    [
      "a missing wheel",
      { "runtime.yaml": "name: x\nenvironment: {python: 3.11}\ndependencies:\n  - wheels: [no-1-py3-none-any.whl]\n" },
      "MANIFEST_FILE_MISSING",
      2,
    ],
    [
      "a missing requirement file",
      { "runtime.yaml": "name: x\nenvironment: {python: 3.11}\ndependencies:\n  - no.txt\n" },
      "MANIFEST_FILE_MISSING",
      2,
    ],
    [
      "an absolute src",
      { "runtime.yaml": "name: x\ndependencies:\n  - files:\n      - {src: /etc/passwd, dest: x}\n" },
      "MANIFEST_PATH",
      2,
    ],
    [
      "an escaping src",
      { "runtime.yaml": "name: x\ndependencies:\n  - files:\n      - {src: ../../x, dest: x}\n" },
      "MANIFEST_PATH",
      2,
    ],
    [
      "an editable",
      { "runtime.yaml": "name: x\nenvironment: {python: 3.11}\ndependencies: [r.txt]\n", "r.txt": "-e .\n" },
      "MANIFEST_REQUIREMENT",
      2,
    ],
  ];
  for (const [what, files, code, exitCode] of REFUSED) {
    test(
      `${what} is one clear error with its line, and the store stays as it was`,
      async () => {
        await withHome(mode, async (home) => {
          const dir = await home.project(files);
          const failed = await home.run(["runtime", "build"], { cwd: dir });
          expect(failed).toMatchObject({ exitCode, stdout: "" });
          expect(failed.stderr).toContain(`(${code})`);
          expect(failed.stderr.match(/error: /g)).toHaveLength(1);
          expect(await storeFiles(home)).toEqual([]);
        });
      },
      MINUTES,
    );
  }

  test(
    "an unsolvable set shows uv's reason and the line, and leaves nothing behind",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({
          "runtime.yaml":
            "name: x\nenvironment: {python: 3.11}\ndependencies:\n  - pip:\n      - six==1.16.0\n      - six==1.15.0\n",
        });
        const failed = await home.run(["runtime", "build"], { cwd: dir });
        expect(failed.exitCode).toBe(1);
        expect(failed.stderr).toContain("(LOCK_UNSOLVABLE)");
        expect(failed.stderr).toMatch(/runtime\.yaml:[56]/);
        expect(await storeFiles(home)).toEqual([]);
        expect(await readdir(`${home.root}/.store/v1/ingest`)).toEqual([]);
      });
    },
    MINUTES,
  );

  test(
    "-del makes no lock; the first run resolves, keeps it and says that nothing is pinned",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({ "runtime.yaml": YAML });
        const built = await home.run(["runtime", "build", "-del", "--prepare", "no", "-o", "json"], { cwd: dir });
        expect(built.json).toMatchObject({ lock: null });
        const ran = await home.run(["runtime", "run", "demo", "--", "python", "-c", "import six; print(six.__name__)"]);
        expect(ran).toMatchObject({ exitCode: 0, stdout: "six\n" });
        expect(ran.stderr).toContain("not pinned");
      });
    },
    2 * MINUTES,
  );

  test(
    "files keep their mode bits and land inside the environment",
    async () => {
      await withHome(mode, async (home) => {
        const dir = await home.project({
          "runtime.yaml":
            "name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - files:\n      - {src: tool.sh, dest: bin/tool}\n      - {src: tree, dest: share/tree}\n",
          "tree/a.txt": "a",
        });
        await home.write(`${dir}/tool.sh`, "#!/bin/sh\necho tool $VIRTUAL_ENV\n", 0o755);
        const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir });
        expect(built).toMatchObject({ exitCode: 0 });
        const ran = await home.run(["runtime", "run", "demo", "sh", "-c", "tool && cat $VIRTUAL_ENV/share/tree/a.txt"]);
        expect(ran.stdout).toMatch(/^tool .*\.envs.*\na$/);
      });
    },
    2 * MINUTES,
  );
});
