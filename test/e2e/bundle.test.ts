/** One file brings a runtime and all packages of its lock to a machine without a network; what was changed stays out. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, copyFile, readdir, rename, truncate } from "node:fs/promises";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { servePackages } from "../servers/package-index.ts";
import {
  builtDemo,
  cutOffHome,
  demoWheels,
  loneHome,
  membersOf,
  OTHER_ARCH,
  OWN_ARCH,
  runAlone,
  writeMembers,
} from "./bundled.ts";
import { GOLDENS, golden } from "./golden.ts";

const LONG = 120_000;
const alone = testWith(needsLinux(), needsProgram("unshare"));
const USE = ["python", "-c", "import revpkg, natpkg; print(revpkg.VERSION, natpkg.VERSION)"];

const importOf = (file: string, ...more: string[]) => ["-o", "json", "runtime", "import", file, ...more];

async function namesBelow(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const trees = (home: Home) => namesBelow(`${home.root}/.store/v1/trees`);
const blobs = (home: Home) => namesBelow(`${home.root}/.store/v1/blobs`);

bothModes((mode) => {
  alone(
    "a machine without any network imports a bundle and runs in its environment, under the version that was built",
    async () => {
      await using demo = await builtDemo(mode);
      const made = await demo.bundle();
      expect(made).toMatchObject({
        exitCode: 0,
        json: { file: demo.file, version: demo.version, platforms: ["linux-aarch64", "linux-x86_64"], carried: 3 },
      });
      await using home = await loneHome(mode);
      const taken = await runAlone(home, importOf(demo.file));
      expect(taken).toMatchObject({ exitCode: 0, json: { name: "demo", version: demo.version, carried: 3 } });
      expect(await runAlone(home, ["runtime", "run", "demo", ...USE])).toMatchObject({
        exitCode: 0,
        stdout: "1.0 1.0\n",
      });
      const fresh = await runAlone(home, ["runtime", "activate", "-f", "--offline", "demo"]);
      expect(fresh).toMatchObject({ exitCode: 0 });
      const env = await runAlone(home, ["runtime", "shellenv", "--offline", "demo", "--shell", "json"]);
      expect(env.json).toMatchObject({ version: demo.version });
    },
    LONG,
  );

  alone(
    "packages of the real index come with a bundle to a machine whose kernel has no network",
    async () => {
      await using home = await tempHome({ mode });
      const yaml = "name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - pip: [six==1.16.0, idna==3.7]\n";
      const dir = await home.project({ "runtime.yaml": yaml });
      expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: dir })).toMatchObject({ exitCode: 0 });
      const file = `${home.dir}/demo.swrt`;
      expect(await home.run(["runtime", "bundle", "demo", "--file", file])).toMatchObject({ exitCode: 0 });
      const wheels = (await membersOf(file)).map(({ path }) => path).filter((path) => path.endsWith(".whl"));
      expect(wheels).toEqual([
        "bundle/wheels/idna-3.7-py3-none-any.whl",
        "bundle/wheels/six-1.16.0-py2.py3-none-any.whl",
      ]);
      await using other = await loneHome(mode);
      // Not even loopback has an address.
      const routes = await other.exec(["unshare", "-rn", "cat", "/proc/net/fib_trie"]);
      expect(routes).toMatchObject({ exitCode: 0, stdout: "" });
      expect(await runAlone(other, importOf(file))).toMatchObject({ exitCode: 0 });
      const script = "import six, idna; print(six.__version__)";
      const ran = await runAlone(other, ["runtime", "run", "--offline", "demo", "python", "-c", script]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "1.16.0\n" });
    },
    LONG,
  );

  test(
    "a bundle for another platform: --offline names what is missing here, a second bundle brings it",
    async () => {
      await using demo = await builtDemo(mode);
      const other = await demo.bundle(["--platform", OTHER_ARCH]);
      expect(other.json).toMatchObject({ platforms: [`linux-${OTHER_ARCH}`], carried: 2 });
      await rename(demo.file, `${demo.file}.other`);
      expect((await demo.bundle(["--platform", `linux/${OWN_ARCH}`])).json).toMatchObject({ carried: 2 });
      await using home = await cutOffHome(mode);
      await home.run(importOf(`${demo.file}.other`));
      const missing = await home.run(["-o", "json", "runtime", "run", "--offline", "demo", ...USE]);
      expect(missing).toMatchObject({ exitCode: 125, json: { error: { code: "OFFLINE" } } });
      expect(missing.json.error.message).toContain("natpkg==1.0");
      expect(missing.json.error.message).not.toContain("revpkg");
      expect(await home.run(importOf(demo.file))).toMatchObject({ exitCode: 4 });
      expect((await home.run(importOf(demo.file, "-f"))).json).toMatchObject({ unchanged: true, carried: 2 });
      const ran = await home.run(["runtime", "run", "--offline", "demo", ...USE]);
      expect(ran).toMatchObject({ exitCode: 0, stdout: "1.0 1.0\n" });
    },
    LONG,
  );

  test(
    "a bundle that is cut off or was changed is refused, and nothing of it is kept",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await cutOffHome(mode);
      const whole = Bun.file(demo.file).size;
      for (const at of [whole - 10_240, Math.floor(whole / 2), 9000]) {
        const cut = `${home.dir}/cut.swrt`;
        await copyFile(demo.file, cut);
        await truncate(cut, at);
        expect((await home.run(importOf(cut))).json).toMatchObject({ error: { code: "PACKAGE_INVALID" } });
      }
      for (const [code, change] of CHANGES) {
        const changed = `${home.dir}/changed.swrt`;
        const members = await membersOf(demo.file);
        await writeMembers(changed, change(members));
        const refused = await home.run(importOf(changed));
        expect([refused.exitCode, refused.json.error.code]).toEqual([1, code]);
      }
      expect((await home.run(["-o", "json", "runtime", "list"])).json).toEqual([]);
      expect((await trees(home)).filter((name) => name.endsWith(".bundle.json"))).toEqual([]);
      await home.run(["gc", "--yes"]);
      expect(await blobs(home)).toEqual([]);
    },
    LONG,
  );

  test(
    "gc keeps what a bundle brought as long as the version, and takes it with it",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await cutOffHome(mode);
      await home.run(importOf(demo.file));
      const before = await blobs(home);
      await home.run(["gc", "--yes"]);
      // The bundle's index was needed for the import only.
      expect(before.length - (await blobs(home)).length).toBe(1);
      expect(await home.run(["runtime", "run", "--offline", "demo", ...USE])).toMatchObject({ exitCode: 0 });
      await home.run(["runtime", "remove", "demo"]);
      await home.run(["gc", "--yes", "--older-than", "1h"]);
      expect((await trees(home)).sort()).toEqual([`${demo.version}.bundle.json`, `${demo.version}.json`]);
      // While the daemon still settles the environment, what that one touched stays.
      while ((await blobs(home)).length > 0) await home.run(["gc", "--yes"]);
      expect(await trees(home)).toEqual([]);
    },
    LONG,
  );

  test(
    "whoever reads packages reads a bundle: a copy of it is the plain package, and `copy FILE .` takes its wheels in",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      const [plain, stripped] = [`${demo.home.dir}/plain.swrt`, `${demo.home.dir}/stripped.swrt`];
      await demo.home.run(["runtime", "copy", "demo", plain]);
      await using home = await cutOffHome(mode);
      expect(await home.run(["runtime", "copy", demo.file, stripped])).toMatchObject({ exitCode: 0 });
      expect(await digest(stripped)).toBe(await digest(plain));
      expect((await membersOf(demo.file))[0]?.path).toBe("_manifest.yaml");
      expect(await home.run(["runtime", "copy", demo.file, "."])).toMatchObject({ exitCode: 0 });
      expect(await home.run(["runtime", "run", "--offline", "demo", ...USE])).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );
});

type Members = Awaited<ReturnType<typeof membersOf>>;

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte));
const isWheel = ({ path }: Members[number]) => /^bundle\/wheels\/revpkg/.test(path);
const isIndex = ({ path }: Members[number]) => path === "bundle/index.json";
const digest = async (path: string) => sha256(await Bun.file(path).bytes());
const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** The same change with an index that fits it, as somebody would make who means harm. */
function consistent(members: Members): Members {
  const wheel = members.find(isWheel)?.bytes ?? new Uint8Array();
  const other = flip(wheel);
  return members.map((member) => {
    if (isWheel(member)) return { ...member, bytes: other };
    if (!isIndex(member)) return member;
    const text = new TextDecoder().decode(member.bytes).replace(sha256(wheel), sha256(other));
    return { ...member, bytes: new TextEncoder().encode(text) };
  });
}

const stray = (path: string): Members[number] => ({
  path,
  mode: 0o644,
  type: "file",
  size: 0,
  bytes: new Uint8Array(),
});

const CHANGES: [string, (members: Members) => Members][] = [
  ["HASH_MISMATCH", (all) => all.map((one) => (isWheel(one) ? { ...one, bytes: flip(one.bytes) } : one))],
  ["HASH_MISMATCH", consistent],
  ["PACKAGE_INVALID", (all) => all.filter((one) => !isWheel(one))],
  ["PACKAGE_INVALID", (all) => [...all, stray("bundle/wheels/other-1.0-py3-none-any.whl")]],
  [
    "PACKAGE_INVALID",
    (all) => all.map((one) => (isIndex(one) ? { ...one, bytes: new TextEncoder().encode("{") } : one)),
  ],
  [
    "FORMAT_TOO_NEW",
    (all) => all.map((one) => (isIndex(one) ? { ...one, bytes: new TextEncoder().encode('{"format": 2}') } : one)),
  ],
];

test(
  "without a bundle --offline names every package that is missing, and uv's cache counts as here",
  async () => {
    await using demo = await builtDemo("in-process");
    await using home = await cutOffHome("in-process");
    const plain = `${home.dir}/plain.swrt`;
    await demo.home.run(["runtime", "copy", "demo", plain]);
    await home.run(importOf(plain));
    const none = await home.run(["-o", "json", "runtime", "run", "--offline", "demo", ...USE]);
    expect(none.json.error.code).toBe("OFFLINE");
    expect(none.json.error.message).toEndWith(": natpkg==1.0, revpkg==1.0");
    expect(await readdir(`${home.root}/.envs`)).toEqual([]);
    const cache = { env: { ...demo.env, UV_CACHE_DIR: demo.home.env.UV_CACHE_DIR } };
    await demo.home.run(["runtime", "run", "demo", "true"], cache);
    expect(await home.run(["runtime", "run", "--offline", "demo", ...USE], cache)).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

test(
  "a file of the index that is not the locked one ends the bundling, and no file is made",
  async () => {
    for (const broken of ["corrupt", "cut"] as const) {
      await using demo = await builtDemo("in-process");
      await using bad = await servePackages(await demoWheels(`${demo.home.dir}/wheels`), { broken });
      const failed = await demo.bundle([], { PIP_INDEX_URL: bad.url, UV_CACHE_DIR: demo.home.env.UV_CACHE_DIR });
      expect([failed.exitCode, failed.json.error.code]).toEqual([1, "HASH_MISMATCH"]);
      expect((await readdir(demo.home.dir)).filter((name) => name.startsWith("demo.swrt"))).toEqual([]);
    }
  },
  LONG,
);

test(
  "an index with a login: the address or netrc opens it, the password is in no bundle",
  async () => {
    await using demo = await builtDemo("in-process", { user: "me", password: "s3cretpw", json: true });
    expect(await demo.bundle()).toMatchObject({ exitCode: 0 });
    const first = await Bun.file(demo.file).bytes();
    expect(Buffer.from(first).includes("s3cretpw")).toBe(false);
    await demo.home.write(".netrc", "machine 127.0.0.1 login me password s3cretpw\n", 0o600);
    await demo.home.run(["gc", "--yes"]);
    const again = await demo.bundle(["-f"], { PIP_INDEX_URL: demo.index.url });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(await digest(demo.file)).toBe(sha256(first));
  },
  LONG,
);

test(
  "a machine that got a bundle makes the same bundle again without the index",
  async () => {
    await using demo = await builtDemo("in-process");
    await demo.bundle();
    await using home = await cutOffHome("in-process");
    await home.run(importOf(demo.file));
    await home.run(["gc", "--yes"]);
    const file = `${home.dir}/again.swrt`;
    const args = ["runtime", "bundle", "demo", "--file", file];
    expect(await home.run(args, { env: { UV_OFFLINE: "1" } })).toMatchObject({ exitCode: 0 });
    expect(await digest(file)).toBe(await digest(demo.file));
    expect((await home.run(["-o", "json", ...args])).json).toMatchObject({ error: { code: "EXISTS" } });
  },
  LONG,
);

test(
  "a content of a bundle that was damaged in the store is found, never used, and comes back with the bundle",
  async () => {
    await using demo = await builtDemo("in-process");
    await demo.bundle();
    await using home = await cutOffHome("in-process");
    await home.run(importOf(demo.file));
    const wheel = (await membersOf(demo.file)).find(isWheel)?.bytes ?? new Uint8Array();
    const name = sha256(wheel);
    const path = `${home.root}/.store/v1/blobs/sha256/${name.slice(0, 2)}/${name}`;
    await chmod(path, 0o644);
    await Bun.write(path, flip(wheel));
    const refused = await home.run(["-o", "json", "runtime", "run", "--offline", "demo", ...USE]);
    expect(refused).toMatchObject({ exitCode: 125, json: { error: { code: "ENV_BUILD_FAILED" } } });
    expect(refused.json.error.message).toMatch(/hash mismatch|bad crc/i);
    expect(refused.json.error.hint).toContain("swcli doctor --store");
    const doctor = await home.run(["-o", "json", "doctor", "--store"]);
    expect(doctor.json.problems).toMatchObject([{ what: `sha256:${name}`, done: "quarantined" }]);
    await home.run(importOf(demo.file, "-f"));
    expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({ ok: true, problems: [] });
    expect(await home.run(["runtime", "run", "--offline", "demo", ...USE])).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

test(
  "what can't be bundled is said before anything is fetched",
  async () => {
    await using demo = await builtDemo("in-process");
    const asked = demo.index.asked.length;
    const codes = async (args: string[]) => (await demo.bundle(args)).json.error.code;
    expect(await codes(["--platform", "darwin-arm64"])).toBe("PLATFORM_NOT_COVERED");
    expect(await codes(["--platform", "sparc"])).toBe("USAGE");
    const { folder, id, name } = GOLDENS[0]!;
    await demo.home.run(["runtime", "import", golden(folder, `${id}.swrt`)]);
    const theirs = await demo.home.run(["-o", "json", "runtime", "bundle", name, "--file", demo.file]);
    expect(theirs.json).toMatchObject({ error: { code: "USAGE" } });
    const yaml = "name: loose\nenvironment: {python: 3.11}\ndependencies:\n  - pip: [revpkg]\n";
    const dir = await demo.home.project({ "runtime.yaml": yaml });
    await demo.home.run(["runtime", "build", "-del", "--prepare", "no"], { cwd: dir, env: demo.env });
    const loose = await demo.home.run(["-o", "json", "runtime", "bundle", "loose", "--file", demo.file]);
    expect(loose.json).toMatchObject({ error: { code: "USAGE" } });
    const cache = { UV_OFFLINE: "1", UV_CACHE_DIR: demo.home.env.UV_CACHE_DIR };
    expect((await demo.bundle([], cache)).json).toMatchObject({ error: { code: "OFFLINE" } });
    expect([demo.index.asked.length, existsSync(demo.file)]).toEqual([asked, false]);
  },
  LONG,
);
