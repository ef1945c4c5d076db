/** Packages that were installed from an address: locked to the very file, never to another one, and without logins. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { uvProgram } from "./env-state.ts";
import { lockText, makeEnv, siteOf } from "./made-env.ts";

const LONG = 120_000;
const build = ["runtime", "build", "--prepare", "no", "-v"];

/** One file behind one address, whatever is put there, or none. */
function serveFile(first: Uint8Array) {
  const served: { bytes: Uint8Array | undefined } = { bytes: first };
  const fetch = () => (served.bytes ? new Response(served.bytes) : new Response("", { status: 404 }));
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  const origin = `http://127.0.0.1:${server.port}`;
  return { origin, served, [Symbol.asyncDispose]: () => server.stop(true) };
}

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

test(
  "what pip installed from an address is locked to that file, and refused when the address serves another one",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const wheel = await readFile(await makeWheel(join(home.dir, "w"), { name: "thing" }));
    const other = await readFile(await makeWheel(join(home.dir, "o"), { name: "thing", requires: ["six"] }));
    await using file = serveFile(wheel);
    const url = `${file.origin}/thing-1.0-py3-none-any.whl`;
    const prefix = await makeEnv(home, "venv", []);
    expect(await home.exec([`${prefix}/bin/pip`, "install", "-q", url])).toMatchObject({ exitCode: 0 });
    expect(await home.run([...build, prefix])).toMatchObject({ exitCode: 0 });
    expect((await lockText(home, "venv")).split("thing @ ")[1]).toMatch(
      new RegExp(`^${url} ;[^\\n]*\n    --hash=sha256:${sha256(wheel)}\n$`),
    );

    file.served.bytes = other;
    // As on a machine that never asked for it.
    const env = { UV_CACHE_DIR: join(home.dir, "cache"), SW_LOCAL_STORAGE: join(home.dir, "r2") };
    const refused = await home.run([...build, prefix, "-n", "again"], { env });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("thing 1.0: its address serves another file than was installed");
    expect(refused.stderr).toContain("-ilw carries them");
    expect(await home.run([...build, prefix, "-n", "again", "-ilw"], { env })).toMatchObject({ exitCode: 0 });
    const code = "import thing; print(thing.VERSION)";
    const ran = await home.run(["runtime", "run", "again", "--", "python", "-c", code], { env });
    expect(ran.stdout).toBe("1.0\n");

    file.served.bytes = undefined;
    const later = { UV_CACHE_DIR: join(home.dir, "cache3"), SW_LOCAL_STORAGE: join(home.dir, "r3") };
    const gone = await home.run([...build, prefix], { env: later });
    expect(gone.exitCode).toBe(1);
    expect(gone.stderr).toContain("thing 1.0: not to be had from 127.0.0.1");
    expect(gone.stderr).toContain("-ilw carries them");
    expect(await home.run([...build, prefix, "-ilw"], { env: later })).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

/** An archive of sources without the version in its name. */
async function archive(home: Home, version: string): Promise<Uint8Array> {
  const dir = `src-${version}/thing-${version}`;
  const project = `[project]\nname = "thing"\nversion = "${version}"\n`;
  const system = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
  await home.write(`${dir}/pyproject.toml`, project + system);
  await home.write(`${dir}/thing.py`, `VERSION = "${version}"\n`);
  const out = join(home.dir, `thing-${version}.tar.gz`);
  const packed = ["tar", "-czf", out, "-C", join(home.dir, `src-${version}`), `thing-${version}`];
  expect(await home.exec(packed)).toMatchObject({ exitCode: 0 });
  return await readFile(out);
}

test(
  "what uv installed from an address, without noting the file, is never locked to another version",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    await using file = serveFile(await archive(home, "1.0"));
    const url = `${file.origin}/thing.tar.gz`;
    const prefix = await makeEnv(home, "uv", [`thing @ ${url}`]);
    const built = await home.run([...build, prefix]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("thing is locked to what its address serves now");
    file.served.bytes = await archive(home, "1.1");
    const env = { UV_CACHE_DIR: join(home.dir, "cache"), SW_LOCAL_STORAGE: join(home.dir, "r2") };
    const refused = await home.run([...build, prefix], { env });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("thing 1.0: its address serves another version");
  },
  LONG,
);

test(
  "a login in a recorded address becomes a variable, which is said, and which restores",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const wheel = await makeWheel(join(home.dir, "w"), { name: "thing" });
    await using index = await servePackages([wheel], { user: "me", password: "s3cret" });
    const host = index.origin.slice("http://".length);
    const prefix = await makeEnv(home, "uv", [wheel]);
    const url = `http://me:s3cret@${host}/files/thing-1.0-py3-none-any.whl`;
    const record = { url, archive_info: { hash: `sha256=${sha256(await readFile(wheel))}` } };
    await home.write(`${await siteOf(home, prefix)}/thing-1.0.dist-info/direct_url.json`, JSON.stringify(record));
    const built = await home.run([...build, prefix]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("set SW_PIP_URL_AUTH_1=user:password to restore");
    expect(built.stderr).not.toContain("s3cret");
    const written = `thing @ http://\${SW_PIP_URL_AUTH_1}@${host}/files/thing-1.0-py3-none-any.whl`;
    expect(await lockText(home, "uv")).toContain(written);
    expect((await home.exec(["grep", "-rl", "s3cret", home.root])).stdout).toBe("");

    const file = join(home.dir, "uv.swrt");
    expect(await home.run(["runtime", "copy", "uv", file])).toMatchObject({ exitCode: 0 });
    await using elsewhere = await tempHome({ mode: "in-process" });
    expect(await elsewhere.run(["runtime", "import", file, "-n", "came"])).toMatchObject({ exitCode: 0 });
    const env = { UV_CACHE_DIR: join(elsewhere.dir, "cache") };
    const words = ["runtime", "run", "came", "--", "python", "-c", "import thing; print(thing.VERSION)"];
    expect((await elsewhere.run(words, { env })).exitCode).not.toBe(0);
    const ran = await elsewhere.run(words, { env: { ...env, SW_PIP_URL_AUTH_1: "me:s3cret" } });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "1.0\n" });
  },
  LONG,
);

test(
  "a record of the origin that can't be read is said, and the package is carried when asked for, not taken from an index",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    await uvProgram(home);
    const prefix = await makeEnv(home, "uv", ["six==1.16.0"]);
    const site = await siteOf(home, prefix);
    await home.write(`${site}/six-1.16.0.dist-info/direct_url.json`, '{"url": "file:///srv/six');
    const refused = await home.run([...build, prefix]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`since this can't be read: ${site}/six-1.16.0.dist-info/direct_url.json`);
    expect(await home.run([...build, prefix, "-ilw"])).toMatchObject({ exitCode: 0 });
    expect(await lockText(home, "uv")).not.toContain("six==");
    const ran = await home.run(["runtime", "run", "uv", "--", "python", "-c", "import six; print(six.__version__)"]);
    expect(ran.stdout).toBe("1.16.0\n");
  },
  LONG,
);
