import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFile, chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Memo } from "#core/memo.ts";
import type { Env } from "#core/platform/env.ts";
import { defaultPythonMinor, findPython, requirePython } from "#core/python/find.ts";
import { type Machine, machine } from "./machine.ts";

let box: Machine;
beforeEach(async () => {
  box = await machine();
});
afterEach(() => box[Symbol.asyncDispose]());

// 3.95 is installed nowhere, so what is found is the test's own.
const MINOR = "3.95";

describe("a Python is found where people keep it", () => {
  test.each([
    ["PATH", "bin/python3.95"],
    ["PATH", "bin/python3"],
    ["PATH", "bin/python"],
    ["pyenv", ".pyenv/versions/3.95.1/bin/python3.95"],
    ["mise", ".local/share/mise/installs/python/3.95.1/bin/python3.95"],
    ["asdf", ".asdf/installs/python/3.95.1/bin/python3.95"],
    ["uv", ".local/share/uv/python/cpython-3.95.1-linux-x86_64-gnu/bin/python3.95"],
    ["conda", "miniconda3/bin/python3.95"],
    ["conda", "miniforge3/envs/work/bin/python3.95"],
    ["conda", ".pyenv/versions/miniconda3-4.7.12/bin/python3.95"],
  ] as const)("%s: %s", async (source, path) => {
    const full = await box.fake(path, { version: "3.95.1" });
    const found = await findPython(box.ctx(), MINOR);
    expect(found).toMatchObject({ path: full, source, version: "3.95.1", minor: MINOR });
    expect(found?.build).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    ["PYENV_ROOT", "a/versions/3.95.1/bin/python3.95"],
    ["MISE_DATA_DIR", "a/installs/python/3.95.1/bin/python3.95"],
    ["ASDF_DATA_DIR", "a/installs/python/3.95.1/bin/python3.95"],
    ["UV_PYTHON_INSTALL_DIR", "a/cpython-3.95.1-linux-x86_64-gnu/bin/python3.95"],
    ["CONDA_PREFIX", "a/bin/python3.95"],
  ])("where %s says", async (name, path) => {
    const full = await box.fake(path, { version: "3.95.1" });
    expect(await findPython(box.ctx({}, { [name]: join(box.dir, "a") }), MINOR)).toMatchObject({ path: full });
  });

  test("nowhere is undefined", async () => {
    expect(await findPython(box.ctx(), MINOR)).toBeUndefined();
  });
});

describe("of several the right one wins", () => {
  test("PATH's exact name before PATH's loose one and a newer patch elsewhere", async () => {
    await box.fake("first/python3", { version: "3.95.9" });
    const exact = await box.fake("second/python3.95", { version: "3.95.1" });
    await box.fake(".pyenv/versions/3.95.10/bin/python3.95", { version: "3.95.10" });
    const PATH = `${box.dir}/first:${box.dir}/second`;
    expect((await findPython(box.ctx({}, { PATH }), MINOR))?.path).toBe(exact);
    expect(await box.starts()).toEqual(["second/python3.95"]);
  });

  test("the newest patch, counted as numbers, whoever installed it", async () => {
    await box.fake(".pyenv/versions/3.95.9/bin/python3.95", { version: "3.95.9" });
    await box.fake(".pyenv/versions/3.95.10/bin/python3.95", { version: "3.95.10" });
    const uv = await box.fake(".local/share/uv/python/cpython-3.95.12-linux-x86_64-gnu/bin/python3.95", {
      version: "3.95.12",
    });
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(uv);
  });

  test("the very version that is wished, else the one that wins without a wish", async () => {
    const onPath = await box.fake("bin/python3.95", { version: "3.95.1" });
    const wished = await box.fake(".pyenv/versions/3.95.7/bin/python3.95", { version: "3.95.7" });
    await box.fake("miniconda3/envs/work/bin/python3.95", { version: "3.95.5" });
    expect((await findPython(box.ctx(), MINOR, "3.95.7"))?.path).toBe(wished);
    expect((await findPython(box.ctx(), MINOR, "3.95.4"))?.path).toBe(onPath);
    // It goes away sooner than the others.
    expect((await findPython(box.ctx(), MINOR, "3.95.5"))?.path).toBe(onPath);
  });

  test("a python3 on PATH of another minor version is passed by", async () => {
    await box.fake("bin/python3", { version: "3.94.1" });
    const good = await box.fake(".pyenv/versions/3.95.1/bin/python3.95", { version: "3.95.1" });
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(good);
  });

  test("a conda environment on PATH is the last resort, since it goes away", async () => {
    await box.fake("miniconda3/envs/work/bin/python3.95", { version: "3.95.5" });
    await mkdir(join(box.dir, "miniconda3/envs/work/conda-meta"));
    const base = await box.fake("miniconda3/bin/python3.95", { version: "3.95.1" });
    const env = { PATH: `${box.dir}/miniconda3/envs/work/bin`, CONDA_PREFIX: `${box.dir}/miniconda3/envs/work` };
    expect(await findPython(box.ctx({}, env), MINOR)).toMatchObject({ path: base, source: "conda" });
  });

  test("a shim is passed by, whatever the working directory selects", async () => {
    await box.script(".pyenv/shims/python3.95", `echo started >> '${box.dir}/starts'; exit 127`);
    const real = await box.fake(".pyenv/versions/3.95.1/bin/python3.95", { version: "3.95.1" });
    const found = await findPython(box.ctx({}, { PATH: `${box.dir}/.pyenv/shims` }), MINOR);
    expect(found).toMatchObject({ path: real, source: "pyenv" });
    expect(await box.starts()).not.toContain("started");
  });

  test("a wrapper script leads to the real file", async () => {
    const { path, minor } = await realPython();
    await box.script(`bin/python${minor}`, `exec ${path} "$@"`);
    expect((await findPython(box.ctx(), minor))?.path).toBe(path);
  });
});

/** The developer's own python3, behind any shim. */
async function realPython(): Promise<{ path: string; minor: string }> {
  const question = "import os, sys; print(os.path.realpath(sys.executable)); print('%d.%d' % sys.version_info[:2])";
  const [path = "", minor = ""] = (await Bun.$`python3 -c ${question}`.text()).split("\n");
  return { path, minor };
}

describe("an interpreter that is of no use is passed by", () => {
  const good = () => box.fake(".pyenv/versions/3.95.0/bin/python3.95", { version: "3.95.0" });

  test.each([
    ["a pre-release", { version: "3.95.1", level: "candidate" }],
    ["PyPy", { version: "3.95.1", implementation: "pypy" }],
    ["a free-threaded build", { version: "3.95.1", abiflags: "t" }],
    ["a 32-bit build", { version: "3.95.1", is64: false }],
    ["another version than its name says", { version: "3.94.1" }],
  ])("%s", async (_, answer) => {
    await box.fake("bin/python3.95", answer);
    const path = await good();
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(path);
  });

  test.each([
    ["one that fails", "exit 1"],
    ["one that says something else", "echo hello"],
    ["one that says nothing", "exit 0"],
    ["one that dies of a signal", "kill -9 $$"],
  ])("%s", async (_, body) => {
    await box.script("bin/python3.95", body);
    const path = await good();
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(path);
  });

  test("one that can't be started, a folder, a broken link and a link in a circle", async () => {
    const dirs = ["a", "b", "c", "d"];
    await chmod(await box.fake("a/python3.95", { version: "3.95.1" }), 0o644);
    await mkdir(join(box.dir, "b/python3.95"), { recursive: true });
    await box.link("c/python3.95", "nowhere");
    await box.link("d/python3.95", "python3.95");
    const path = await good();
    const PATH = dirs.map((dir) => join(box.dir, dir)).join(":");
    expect((await findPython(box.ctx({}, { PATH }), MINOR))?.path).toBe(path);
  });

  test("a hanging one costs five seconds once, not each time", async () => {
    await box.script("bin/python3.95", `echo hung >> '${box.dir}/starts'; PATH=/usr/bin:/bin exec sleep 60`);
    const path = await good();
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(path);
    expect((await findPython(box.ctx(), MINOR))?.path).toBe(path);
    expect((await box.starts()).filter((line) => line === "hung")).toEqual(["hung"]);
  }, 20_000);

  test("a refusal is asked again after a while: it may have been a bad moment", async () => {
    const flaky = await box.script(
      "bin/python3.95",
      `test -e '${box.dir}/healed' || exit 1; exec '${box.dir}/real' "$@"`,
    );
    await box.fake("real", { version: "3.95.1" });
    const good = box.ctx();
    expect(await findPython(good, MINOR)).toBeUndefined();
    await writeFile(join(box.dir, "healed"), "");
    expect(await findPython(good, MINOR)).toBeUndefined();
    const later = { ...good, clock: { now: () => Date.now() + 11 * 60_000 } };
    expect(await box.starts()).toEqual([]);
    await findPython(later, MINOR);
    expect(await box.starts()).toEqual(["real"]);
    expect(flaky).toContain("bin/python3.95");
  });
});

describe("an answer is remembered as long as the file is the same", () => {
  test("in the process and on the disk", async () => {
    await box.fake("bin/python3.95", { version: "3.95.1" });
    const ctx = box.ctx();
    const first = await findPython(ctx, MINOR);
    expect(await findPython(ctx, MINOR)).toEqual(first);
    expect(await findPython(box.ctx({ memo: new Memo() }), MINOR)).toEqual(first);
    expect(await box.starts()).toEqual(["bin/python3.95"]);
  });

  test("an upgrade in place is noticed, also by a process that remembers", async () => {
    await box.fake("bin/python3.95", { version: "3.95.1" });
    const ctx = box.ctx();
    const before = await findPython(ctx, MINOR);
    await box.fake("bin/python3.95", { version: "3.95.12" });
    const after = await findPython(ctx, MINOR);
    expect(after?.version).toBe("3.95.12");
    expect(after?.build).not.toBe(before?.build);
  });

  test("one that moved away is no longer found, and where it went it is", async () => {
    const from = await box.fake("bin/python3.95", { version: "3.95.1" });
    const ctx = box.ctx();
    expect((await findPython(ctx, MINOR))?.path).toBe(from);
    await rename(from, `${from}.old`);
    expect(await findPython(ctx, MINOR)).toBeUndefined();
    const to = await box.fake(".pyenv/versions/3.95.1/bin/python3.95", { version: "3.95.1" });
    expect((await findPython(ctx, MINOR))?.path).toBe(to);
  });

  test("a damaged record is asked anew", async () => {
    await box.fake("bin/python3.95", { version: "3.95.1" });
    const found = await findPython(box.ctx(), MINOR);
    for await (const file of new Bun.Glob("**/*.json").scan({ cwd: join(box.dir, "root"), dot: true })) {
      await appendFile(join(box.dir, "root", file), "}garbage");
    }
    expect(await findPython(box.ctx(), MINOR)).toEqual(found);
    expect(await box.starts()).toHaveLength(2);
  });
});

describe("the real interpreter of this machine", () => {
  test("is found through a venv as the venv's base, never as the venv", async () => {
    const { path, minor } = await realPython();
    for (const how of ["--symlinks", "--copies"]) {
      const venv = join(box.dir, `venv${how}`);
      await Bun.$`${path} -m venv --without-pip ${how} ${venv}`.quiet();
      const ctx = box.ctx({}, { PATH: `${venv}/bin`, VIRTUAL_ENV: venv });
      const found = await findPython(ctx, minor);
      expect(found).toMatchObject({ path, minor, source: "PATH" });
    }
  });
});

describe("a missing Python", () => {
  // As uv 0.13 says it.
  const offline = `/bin/cat >&2 <<'END'
error: Failed to install cpython-3.95.1-linux-x86_64-gnu
  cause: Failed to download \`https://ann:hunter2@mirror.example.com/3.95.tar.gz\`
  cause: error sending request for url
  cause: dns error: no such host
END
exit 2`;
  /** A uv of the test's own: none here may download. Says how it was called, then does `body`. */
  const fakeUv = async (body: string): Promise<Env> => ({
    SWCLI_UV: await box.script(
      "uv",
      `echo "$UV_HTTP_RETRIES $UV_PYTHON_INSTALL_MIRROR $*" >> '${box.dir}/uv-calls'\n${body}`,
    ),
  });
  const uvCalls = async () => (await Bun.file(join(box.dir, "uv-calls")).text()).trim().split("\n");

  test("is downloaded by uv, once, from the mirror and without waiting through retries", async () => {
    const path = await box.fake("downloaded", { version: "3.95.2" });
    const to = `${box.dir}/.local/share/uv/python/cpython-3.95.2-linux-x86_64-gnu/bin`;
    const env = await fakeUv(`/bin/mkdir -p '${to}' && /bin/cp '${path}' '${to}/python3.95'`);
    await writeFile(path, (await Bun.file(path).text()).replaceAll(path, `${to}/python3.95`));
    const ctx = box.ctx({}, { ...env, UV_PYTHON_INSTALL_MIRROR: "https://mirror.example.com" });
    expect(await requirePython(ctx, MINOR)).toMatchObject({
      source: "uv",
      version: "3.95.2",
      path: `${to}/python3.95`,
    });
    expect(await requirePython(ctx, MINOR)).toMatchObject({ source: "uv" });
    expect(await uvCalls()).toEqual([`0 https://mirror.example.com python install --no-bin ${MINOR}`]);
  });

  test("is an error that says where it was looked for, why the download failed and how to get one", async () => {
    const e = await requirePython(box.ctx({}, await fakeUv(offline)), MINOR).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(e).toMatchObject({ code: "PYTHON_NOT_FOUND", exitCode: 1 });
    expect(e?.message).toContain(`Python ${MINOR} not found in PATH (${box.dir}/bin)`);
    expect(e?.message).toContain(`${box.dir}/.pyenv/versions`);
    expect(e?.message).toContain("https://***@mirror.example.com/3.95.tar.gz`: dns error: no such host");
    expect(JSON.stringify(e)).not.toContain("hunter2");
    expect(e).toMatchObject({ hint: expect.stringContaining("UV_PYTHON_INSTALL_MIRROR") });
  });

  test("is an error too when uv says that it succeeded and nothing is there", async () => {
    const ctx = box.ctx({}, await fakeUv("exit 0"));
    await expect(requirePython(ctx, MINOR)).rejects.toThrow(/nothing usable in .*uv\/python/);
  });

  test.each([{ UV_OFFLINE: "1" }, { UV_PYTHON_DOWNLOADS: "never" }])("is not downloaded against %j", async (env) => {
    const ctx = box.ctx({}, { ...(await fakeUv("exit 0")), ...env });
    await expect(requirePython(ctx, MINOR)).rejects.toThrow(/download: not tried/);
    expect(await Bun.file(join(box.dir, "uv-calls")).exists()).toBe(false);
  });
});

describe("a runtime that names no Python gets", () => {
  test("the version of the client's python3", async () => {
    await box.fake("bin/python3", { version: "3.8.2" });
    await box.fake("bin/python3.13", { version: "3.13.1" });
    expect(await defaultPythonMinor(box.ctx())).toBe("3.8");
  });

  test.each([
    ["by PYENV_VERSION", { PYENV_VERSION: "3.9.1" }, undefined],
    ["by a .python-version above", {}, "work/.python-version"],
    ["by pyenv's global file", {}, ".pyenv/version"],
  ])("what pyenv selects %s, without starting a shim", async (_, env, file) => {
    await box.script(".pyenv/shims/python3", `echo shim >> '${box.dir}/starts'; exit 127`);
    await box.fake(".pyenv/versions/3.9.1/bin/python3", { version: "3.9.1" });
    await box.fake("bin/python3.13", { version: "3.13.1" });
    await mkdir(join(box.dir, "work/deep"), { recursive: true });
    if (file) await writeFile(join(box.dir, file), "# mine\n3.9\n");
    const ctx = box.ctx(
      { cwd: join(box.dir, "work/deep") },
      { PATH: `${box.dir}/.pyenv/shims:${box.dir}/bin`, ...env },
    );
    expect(await defaultPythonMinor(ctx)).toBe("3.9");
    expect(await box.starts()).toEqual([".pyenv/versions/3.9.1/bin/python3"]);
  });

  test("the rest of PATH where pyenv says system", async () => {
    await box.script(".pyenv/shims/python3", "exit 127");
    await box.fake("bin/python3", { version: "3.8.2" });
    const ctx = box.ctx({}, { PATH: `${box.dir}/.pyenv/shims:${box.dir}/bin` });
    expect(await defaultPythonMinor(ctx)).toBe("3.8");
  });

  test.each([
    ["too new", "3.14.0"],
    ["too old", "3.6.9"],
  ])("the newest that is there when python3 is %s", async (_, version) => {
    await box.fake("bin/python3", { version });
    await box.fake("bin/python3.13", { version: "3.13.1" });
    await box.fake("bin/python3.12", { version: "3.12.1" });
    expect(await defaultPythonMinor(box.ctx())).toBe("3.13");
  });
});

test("a store that was removed meanwhile is no obstacle", async () => {
  await box.fake("bin/python3.95", { version: "3.95.1" });
  const ctx = box.ctx();
  await findPython(ctx, MINOR);
  await rm(join(box.dir, "root"), { recursive: true, force: true });
  expect((await findPython(box.ctx(), MINOR))?.version).toBe("3.95.1");
});
