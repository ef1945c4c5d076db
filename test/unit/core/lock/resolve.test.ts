import { expect, setDefaultTimeout, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import type { SwError } from "#core/errors.ts";
import { thisPlatform } from "#core/lock/platforms.ts";
import type { RequirementSource } from "#core/lock/requirements.ts";
import { type LockInput, lockKey, resolveLock } from "#core/lock/resolve.ts";
import { servePackages } from "../../../servers/package-index.ts";
import { type LockHome, lockHome } from "./lock-home.ts";
import { makeWheel } from "./make-wheel.ts";

setDefaultTimeout(120_000);

const file = (path: string): RequirementSource => ({
  kind: "file",
  path,
  at: { file: "runtime.yaml", line: 4, column: 5 },
});

async function failure(ctx: Ctx, input: LockInput): Promise<SwError> {
  return await resolveLock(ctx, input).then(
    () => {
      throw new Error("nothing was refused");
    },
    (e) => e,
  );
}

/** Entry lines without markers and hashes. */
const specs = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "" && !/^[ #]/.test(line))
    .map((line) => line.split(" ; ")[0]?.replace(/ \\$/, ""));

const leftovers = async (home: LockHome) => await readdir(home.ctx.paths.ingest);

test("real packages are locked together with hashes for both kinds of Linux, the same each time", async () => {
  await using home = await lockHome();
  const input = await home.input(["six==1.16.0", "click>=8", "packaging", "MarkupSafe"]);
  const lock = await resolveLock(home.ctx, input);
  expect(lock.platforms).toContain("linux-aarch64");
  expect(lock.platforms).toContain("linux-x86_64");
  expect(specs(lock.requirementsTxt)[3]).toBe("six==1.16.0");
  expect(specs(lock.requirementsTxt).map((spec) => spec?.split("==")[0])).toEqual([
    "click",
    "markupsafe",
    "packaging",
    "six",
  ]);
  for (const block of lock.requirementsTxt.split(/\n(?=\w)/).slice(1))
    expect(block).toMatch(/--hash=sha256:[0-9a-f]{64}/);
  expect(lock.requirementsTxt).not.toContain("://");
  expect(lock.requirementsTxt).not.toContain(home.dir);
  const again = await resolveLock(home.ctx, { ...input, useCache: false });
  expect(again).toEqual(lock);
  expect(await leftovers(home)).toEqual([]);
});

test("the same input a second time asks nobody, not even uv", async () => {
  await using home = await lockHome();
  await makeWheel(join(home.dir, "w"), { name: "local-one" });
  const input = await home.input([], { wheels: [join(home.dir, "w/local_one-1.0-py3-none-any.whl")] });
  const first = await resolveLock(home.ctx, input);
  home.said.length = 0;
  expect(await resolveLock(home.ctx, input)).toEqual({ ...first, cached: true });
  expect(home.said).toEqual([]);
  await resolveLock(home.ctx, { ...input, useCache: false });
  expect(home.said[0]).toStartWith("Resolving 1 requirement for Python");
});

test("a damaged cache entry is a miss", async () => {
  await using home = await lockHome();
  const input = await home.input(["six"]);
  const first = await resolveLock(home.ctx, input);
  for (const damage of [
    "",
    "{",
    "[]",
    JSON.stringify({ ...first, vcsTxt: 3 }),
    JSON.stringify({ ...first, key: "0".repeat(64) }),
  ]) {
    await Bun.write(join(home.ctx.paths.cache, "locks", `${first.key}.json`), damage);
    home.said.length = 0;
    expect(await resolveLock(home.ctx, input)).toEqual(first);
    expect(home.said).toHaveLength(1);
  }
});

test("a local wheel's requirements are locked, the wheel itself is not", async () => {
  await using home = await lockHome();
  const wheel = await makeWheel(join(home.dir, "my wheels"), { name: "my-tool", requires: ["six<1.17"] });
  const lock = await resolveLock(home.ctx, await home.input(["click"], { wheels: [wheel] }));
  expect(specs(lock.requirementsTxt)).toEqual([expect.stringMatching(/^click==/), "six==1.16.0"]);
});

test("wheels of one name for two platforms go to their platforms", async () => {
  await using home = await lockHome();
  const wheels = await Promise.all(
    ["x86_64", "aarch64"].map((machine) =>
      makeWheel(home.dir, {
        name: "two-bin",
        tag: `py3-none-manylinux2014_${machine}`,
        requires: [machine === "x86_64" ? "six" : "click"],
      }),
    ),
  );
  const lock = await resolveLock(home.ctx, await home.input([], { wheels, arch: ["amd64", "arm64"] }));
  const [click, six] = lock.requirementsTxt.split("\n").filter((line) => /^(click|six)=/.test(line));
  expect(click).toContain("platform_machine == 'aarch64'");
  expect(six).toContain("platform_machine == 'x86_64'");
  expect(lock.platforms).toEqual(["linux-aarch64", "linux-x86_64"]);
});

test("a platform that nobody named and that lacks wheels is dropped with the package's name", async () => {
  await using home = await lockHome();
  const own = thisPlatform();
  const machine = own.split("-")[1];
  const tag = own.startsWith("linux") ? `py3-none-manylinux2014_${machine}` : `py3-none-macosx_11_0_${machine}`;
  await makeWheel(join(home.dir, "links"), { name: "only-here", tag });
  const ctx = home.withEnv({ PIP_FIND_LINKS: join(home.dir, "links") });
  const lock = await resolveLock(ctx, await home.input(["only-here"]));
  expect(lock.platforms).toEqual([own]);
  expect(lock.dropped.map((dropped) => dropped.package)).toContain("only-here==1.0");
  expect(lock.warnings).toHaveLength(lock.dropped.length);
  expect(lock.warnings[0]).toContain("only-here");
  const named = await failure(ctx, await home.input(["only-here"], { arch: ["x86_64", "aarch64"] }));
  expect([named.code, named.message]).toEqual([
    "LOCK_UNSOLVABLE",
    expect.stringContaining("runtime.yaml:3:5: only-here"),
  ]);
});

test("wheels of a find-links folder are hashed and carried, not listed; what they want is listed", async () => {
  await using home = await lockHome();
  const links = join(home.dir, "my, links");
  const path = await makeWheel(links, { name: "from-links", requires: ["six==1.16.0"] });
  await home.write("requirements.txt", "--find-links 'my, links'\n--find-links nowhere\nfrom-links\n");
  const input = { ...(await home.input([])), requirements: await home.read([file("requirements.txt")]) };
  const lock = await resolveLock(home.ctx, input);
  expect(specs(lock.requirementsTxt)).toEqual(["six==1.16.0"]);
  const sha256 = new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
  expect(lock.carriedWheels).toEqual([{ path, sha256 }]);
  expect(lock.warnings).toEqual([expect.stringContaining("nowhere is not a folder")]);

  // The cached lock names a file: another content under that name makes it a miss.
  await makeWheel(links, { name: "from-links", requires: ["six==1.15.0"] });
  expect(specs((await resolveLock(home.ctx, input)).requirementsTxt)).toEqual(["six==1.15.0"]);
});

test("a find-links folder with only a source package is refused", async () => {
  await using home = await lockHome();
  const links = join(home.dir, "links");
  const made = Bun.spawnSync(
    [
      "sh",
      "-c",
      'mkdir -p src-1.0 "$1" && printf "[project]\\nname=\\"src\\"\\nversion=\\"1.0\\"\\n" > src-1.0/pyproject.toml && printf "Metadata-Version: 2.2\\nName: src\\nVersion: 1.0\\n" > src-1.0/PKG-INFO && tar czf "$1/src-1.0.tar.gz" src-1.0',
      "sh",
      links,
    ],
    { cwd: home.dir },
  );
  expect(made.exitCode).toBe(0);
  const error = await failure(home.withEnv({ PIP_FIND_LINKS: links }), await home.input(["src"]));
  expect([error.code, error.message]).toEqual(["LOCK_FAILED", expect.stringContaining("src-1.0.tar.gz")]);
});

test("hashes that the user wrote are held against the lock", async () => {
  await using home = await lockHome();
  const free = await resolveLock(home.ctx, await home.input(["six==1.16.0"]));
  const [one = "", two = ""] = [...free.requirementsTxt.matchAll(/sha256:[0-9a-f]{64}/g)].map(([hash]) => hash);
  await home.write("right.txt", `six==1.16.0 --hash=${one} --hash=sha256:${"0".repeat(64)}\n`);
  const right = await resolveLock(home.ctx, {
    ...(await home.input([])),
    requirements: await home.read([file("right.txt")]),
  });
  expect(right.requirementsTxt).toContain(one);
  expect(right.requirementsTxt).not.toContain(two);
  await home.write("wrong.txt", `click\nsix==1.16.0 \\\n --hash=sha256:${"0".repeat(64)}\n`);
  const wrong = await failure(home.ctx, {
    ...(await home.input([])),
    requirements: await home.read([file("wrong.txt")]),
  });
  expect([wrong.code, wrong.message]).toEqual([
    "HASH_MISMATCH",
    expect.stringMatching(/^wrong\.txt:2:1: .*six==1\.16\.0/),
  ]);
});

test("an unsolvable set is explained once, with the lines that are involved and none of our own names", async () => {
  await using home = await lockHome();
  await home.write("requirements.txt", "click\nsix==1.15.0\n");
  const requirements = await home.read([file("requirements.txt"), "six>=1.16"]);
  const error = await failure(home.ctx, { ...(await home.input([])), requirements });
  expect(error.code).toBe("LOCK_UNSOLVABLE");
  expect(error.message).toContain("requirements.txt:2:1: six==1.15.0");
  expect(error.message).toContain("runtime.yaml:4:5: six>=1.16");
  expect(error.message.match(/can't be met\./g)).toHaveLength(1);
  expect(error.message).not.toMatch(/swcli-your|your project|click|split|markers/);
  expect(home.said.join("\n")).not.toContain("Because");
  expect(await leftovers(home)).toEqual([]);
});

test("a package that no index has is named with its place", async () => {
  await using home = await lockHome();
  await using server = await servePackages([]);
  const error = await failure(
    home.withEnv({ UV_DEFAULT_INDEX: server.url }),
    await home.input(["no-such-thing-at-all"]),
  );
  expect([error.code, error.message]).toEqual([
    "LOCK_UNSOLVABLE",
    expect.stringContaining("runtime.yaml:3:5: no-such-thing-at-all"),
  ]);
});

test("an index out of reach is a failure of the network, without its credentials", async () => {
  await using home = await lockHome();
  const ctx = home.withEnv({ UV_DEFAULT_INDEX: "http://me:s3cret@127.0.0.1:1/simple", UV_HTTP_RETRIES: "0" });
  const error = await failure(ctx, await home.input(["unheard-of"]));
  expect([error.code, error.message]).toEqual([
    "LOCK_FAILED",
    expect.stringContaining("can't get unheard-of from 127.0.0.1:1"),
  ]);
  expect(error.message).toContain("runtime.yaml:3:5");
  expect(JSON.stringify([error.message, error.hint, home.said])).not.toContain("s3cret");
});

test("without network and cache the error says that the network is off", async () => {
  await using home = await lockHome();
  const ctx = home.withEnv({ UV_OFFLINE: "1", UV_CACHE_DIR: join(home.dir, "cache") });
  expect((await failure(ctx, await home.input(["six"]))).code).toBe("OFFLINE");
});

test("a repository's host out of reach is named with the requirement", async () => {
  await using home = await lockHome();
  const error = await failure(home.ctx, await home.input(["foo @ git+http://127.0.0.1:1/x/foo.git@v1"]));
  expect(error.code).toBe("LOCK_FAILED");
  expect(error.message).toContain("foo @ git+http://127.0.0.1:1/x/foo.git@v1 from 127.0.0.1:1");
  expect(error.message).toContain("runtime.yaml:3:5");
});

test("a repository is pinned to its commit in a file of its own, its secret as it was written", async () => {
  await using home = await lockHome();
  const script = `git init -q -b main work && cd work && mkdir gitpkg && touch gitpkg/__init__.py &&
    printf '[project]\\nname="gitpkg"\\nversion="1.0"\\ndependencies=["six==1.16.0"]\\n' > pyproject.toml &&
    git add -A && git -c user.email=a@b -c user.name=a commit -qm one && git tag v1 &&
    git clone -q --bare . ../gitpkg.git && cd ../gitpkg.git && git update-server-info && git rev-parse HEAD`;
  const made = Bun.spawnSync(["sh", "-ec", script], { cwd: home.dir });
  const commit = made.stdout.toString().trim();
  expect(commit).toHaveLength(40);
  using server = Bun.serve({
    port: 0,
    fetch: async ({ url }) => {
      const found = Bun.file(join(home.dir, new URL(url).pathname));
      return (await found.exists()) ? new Response(found) : new Response("", { status: 404 });
    },
  });
  const host = `127.0.0.1:${server.port}`;
  await home.write("requirements.txt", `gitpkg @ git+http://me:\${TOKEN}@${host}/gitpkg.git@v1\n`);
  const requirements = await home.read([file("requirements.txt")], { TOKEN: "s3cret" });
  const lock = await resolveLock(home.ctx, { ...(await home.input([])), requirements });
  expect(specs(lock.requirementsTxt)).toEqual(["six==1.16.0"]);
  expect(specs(lock.vcsTxt)).toEqual([`gitpkg @ git+http://me:\${TOKEN}@${host}/gitpkg.git@${commit}`]);
  expect(JSON.stringify([lock, home.said])).not.toContain("s3cret");
});

test("a version on a further index wins over an older one on the first, as with pip", async () => {
  await using home = await lockHome();
  const low = await makeWheel(join(home.dir, "a"), { name: "two-places", version: "1.0" });
  const high = await makeWheel(join(home.dir, "b"), { name: "two-places", version: "2.0" });
  const other = await makeWheel(join(home.dir, "c"), { name: "third-place", version: "3.0" });
  await using first = await servePackages([low], { user: "me", password: "s3cret" });
  await using second = await servePackages([high]);
  await using third = await servePackages([other]);
  const input = await home.input(["two-places", "third-place"], {
    pip: {
      indexUrl: first.url.replace("://", "://me:${PW}@"),
      extraIndexUrl: [second.url, third.url],
      trustedHost: [],
    },
  });
  const lock = await resolveLock(home.withEnv({ PW: "s3cret" }), input);
  expect(specs(lock.requirementsTxt)).toEqual(["third-place==3.0", "two-places==2.0"]);
  expect(JSON.stringify([lock, home.said])).not.toContain("s3cret");
  const strict = { ...input, pip: { ...input.pip, extraIndexUrl: [third.url], indexUrl: second.url } };
  const ctx = home.withEnv({ UV_INDEX_STRATEGY: "first-index", UV_INDEX: first.url.replace("://", "://me:s3cret@") });
  expect(specs((await resolveLock(ctx, strict)).requirementsTxt)).toEqual(["third-place==3.0", "two-places==1.0"]);
});

test("files of an index without hashes are fetched and hashed, those for other platforms too", async () => {
  await using home = await lockHome();
  const tags = ["py3-none-manylinux2014_x86_64", "py3-none-manylinux2014_aarch64"];
  const wheels = await Promise.all(tags.map((tag) => makeWheel(home.dir, { name: "un-hashed", tag })));
  const plain = await makeWheel(home.dir, { name: "plain-one" });
  await using server = await servePackages([...wheels, plain], { hashes: false, user: "me", password: "s3cret" });
  const ctx = home.withEnv({ UV_DEFAULT_INDEX: server.url.replace("://", "://me:s3cret@") });
  const lock = await resolveLock(ctx, await home.input(["un-hashed", "plain-one"], { arch: ["amd64", "arm64"] }));
  const digests = await Promise.all(
    [plain, ...wheels].map(async (path) =>
      new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex"),
    ),
  );
  expect(specs(lock.requirementsTxt)).toEqual(["plain-one==1.0", "un-hashed==1.0"]);
  expect([...lock.requirementsTxt.matchAll(/[0-9a-f]{64}/g)].map(([hash]) => hash).sort()).toEqual(digests.sort());
  expect(lock.carriedWheels).toEqual([]);
});

test("a direct URL keeps its hash and gets no secret into the lock", async () => {
  await using home = await lockHome();
  const wheel = await makeWheel(home.dir, { name: "by-url" });
  await using server = await servePackages([wheel]);
  const url = `${server.origin}/files/by_url-1.0-py3-none-any.whl`;
  const lock = await resolveLock(home.ctx, await home.input([`by-url @ ${url}`]));
  expect(specs(lock.requirementsTxt)).toEqual([`by-url @ ${url}`]);
  expect(lock.requirementsTxt).toContain("--hash=sha256:");
});

test("constraints bind, --pre lets early versions in, --no-binary lists the source's hash only", async () => {
  await using home = await lockHome();
  await home.write("pins.txt", "six<1.16\n");
  await home.write("requirements.txt", "-c pins.txt\n--no-binary six\nsix\n");
  const input = { ...(await home.input([])), requirements: await home.read([file("requirements.txt")]) };
  const lock = await resolveLock(home.ctx, input);
  expect(specs(lock.requirementsTxt)).toEqual(["six==1.15.0"]);
  expect(lock.requirementsTxt.match(/--hash=/g)).toHaveLength(1);

  const early = await makeWheel(join(home.dir, "early"), { name: "early-bird", version: "2.0b1" });
  const late = await makeWheel(join(home.dir, "early"), { name: "early-bird", version: "1.0" });
  await using server = await servePackages([early, late]);
  const ctx = home.withEnv({ UV_DEFAULT_INDEX: server.url });
  expect(specs((await resolveLock(ctx, await home.input(["early-bird"]))).requirementsTxt)).toEqual([
    "early-bird==1.0",
  ]);
  const withPre = { ...(await home.input([])), requirements: await home.read(["--pre", "early-bird"]) };
  expect(specs((await resolveLock(ctx, withPre)).requirementsTxt)).toEqual(["early-bird==2.0b1"]);
});

test("constraints of the user's own pip bind the lock", async () => {
  await using home = await lockHome();
  const path = await home.write("mine/constraints.txt", "six==1.15.0\n");
  const ctx = home.withEnv({ PIP_CONSTRAINT: `${path} ${home.dir}/none.txt` });
  const lock = await resolveLock(ctx, await home.input(["six"]));
  expect(specs(lock.requirementsTxt)).toEqual(["six==1.15.0"]);
  expect(lock.warnings).toEqual([expect.stringContaining("none.txt is not there")]);
});

test("the key follows what changes a resolution and nothing else", async () => {
  await using home = await lockHome();
  const input = await home.input(["six"]);
  const key = async (change: Partial<LockInput> = {}, env = {}) =>
    await lockKey(home.withEnv(env), { ...input, ...change });
  const base = await key();
  expect(await key({}, { SHLVL: "7", TERM: "x", UV_OFFLINE: "1" })).toBe(base);
  expect(await key({ requirements: (await home.input(["click", "six"])).requirements })).not.toBe(base);
  expect(await key({ arch: ["amd64"] })).not.toBe(base);
  expect(await key({ python: { ...input.python, minor: "3.7" } })).not.toBe(base);
  expect(await key({ python: { ...input.python, path: "/elsewhere/python" } })).toBe(base);
  expect(await key({}, { UV_EXCLUDE_NEWER: "2024-01-01" })).not.toBe(base);
  expect(await key({}, { UV_INDEX_STRATEGY: "first-index" })).not.toBe(base);
  const indexed = await key({}, { PIP_EXTRA_INDEX_URL: "https://me:one@e.invalid/simple" });
  expect(indexed).not.toBe(base);
  expect(await key({}, { PIP_EXTRA_INDEX_URL: "https://me:two@e.invalid/simple" })).toBe(indexed);
});

test("nothing to resolve is an empty lock without a run of uv", async () => {
  await using home = await lockHome();
  const lock = await resolveLock(home.withEnv({ SWCLI_UV: "/bin/false" }), await home.input([]));
  expect(specs(lock.requirementsTxt)).toEqual([]);
  expect(lock.platforms.length).toBeGreaterThan(1);
});

test("an abort ends the resolution and leaves nothing behind", async () => {
  await using home = await lockHome();
  // An index that never answers.
  using server = Bun.serve({ port: 0, idleTimeout: 0, fetch: () => new Promise<Response>(() => {}) });
  const stop = new AbortController();
  const ctx = { ...home.withEnv({ UV_DEFAULT_INDEX: `http://127.0.0.1:${server.port}/simple` }), signal: stop.signal };
  const input = await home.input(["six"]);
  setTimeout(() => stop.abort(), 300);
  const error = await failure(ctx, input);
  expect(error.code).toBe("CANCELLED");
  expect(await leftovers(home)).toEqual([]);
  // uv itself would wait for half a minute.
}, 20_000);

test("a build that was never cached works in a store that is gone", async () => {
  await using home = await lockHome();
  const input = await home.input(["six==1.16.0"]);
  const lock = await resolveLock(home.ctx, input);
  await rm(home.ctx.paths.root, { recursive: true });
  expect(await resolveLock(home.ctx, input)).toEqual(lock);
});
