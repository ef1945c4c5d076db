/**
 * Small real conda channels for tests: `main`, `extra`, and `arm` for another machine, with a Python that runs, prefix
 * placeholders in text and binary files, activation scripts and a post-link script.
 * Made once per version of these files into the developers' cache; served from there over http or used as file://.
 */
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { armPackages, mainPackages, pure } from "./conda-channel-packages.ts";
import { makePackage, type PackageFile, type PackageSpec, PLACEHOLDER } from "./conda-package.ts";

export interface Channel {
  /** The folder that holds `main`, `extra` and `arm`. */
  dir: string;
  /** `3.11.7`, and `3.11` */
  python: string;
  minor: string;
}

/** A CPython 3.10 to 3.12 with a prefix of its own (a distribution's patched one can't be moved); undefined if none. */
export function channelPython(): string | undefined {
  const roots = [process.env.PYENV_ROOT, join(homedir(), ".pyenv")].flatMap((root) => (root ? `${root}/versions` : []));
  const managed = join(process.env.UV_PYTHON_INSTALL_DIR ?? join(homedir(), ".local/share/uv/python"));
  const prefixes = [...roots, managed].flatMap((root) =>
    existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : [],
  );
  for (const minor of ["3.11", "3.12", "3.10"]) {
    const found = prefixes.find((prefix) => existsSync(`${prefix}/bin/python${minor}`));
    if (found) return `${found}/bin/python${minor}`;
  }
  return undefined;
}

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "swcli-dev");

/** The channel, from the cache or made now (about two seconds). */
export async function condaChannel(): Promise<Channel> {
  const source = channelPython();
  if (!source) throw new Error("no CPython to make a conda package from");
  const python = run([source, "-c", "import platform; print(platform.python_version())"]).trim();
  const minor = python.split(".").slice(0, 2).join(".");
  const key = Bun.hash(`${SOURCES.map((file) => readFileSync(join(import.meta.dir, file))).join()}${python}`).toString(
    16,
  );
  const dir = join(CACHE, `conda-channel-${key}`);
  if (!existsSync(dir)) await makeChannel(dir, { source, python, minor });
  return { dir, python, minor };
}

const SOURCES = ["conda-channel.ts", "conda-channel-packages.ts", "conda-package.ts"];

interface Serving {
  login?: string;
  token?: string;
  /** What each answer waits for. */
  before?: (path: string) => Promise<void>;
}

/** Over http on a free port, for one login or below `/t/TOKEN`; `requests` counts what was asked for. */
export function serveChannel(dir: string, options: Serving = {}) {
  const requests: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      requests.push(pathname);
      await options.before?.(pathname);
      const expected = options.login && `Basic ${Buffer.from(options.login).toString("base64")}`;
      if (expected && request.headers.get("authorization") !== expected) return new Response("no", { status: 401 });
      const path = options.token ? new RegExp(`^/t/${options.token}(/.*)`).exec(pathname)?.[1] : pathname;
      if (path === undefined) return new Response("no", { status: 403 });
      const file = Bun.file(join(dir, path));
      return (await file.exists()) ? new Response(file) : new Response("not here", { status: 404 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return { url, requests, [Symbol.asyncDispose]: () => server.stop(true) };
}

function run(argv: string[]): string {
  const child = Bun.spawnSync(argv);
  if (child.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
}

interface Source {
  source: string;
  python: string;
  minor: string;
}

async function makeChannel(dir: string, source: Source): Promise<void> {
  const temp = `${dir}.${process.pid}`;
  const python = await pythonPackage(source);
  await writeChannel(`${temp}/main`, [python, ...mainPackages(source.minor)]);
  await writeChannel(`${temp}/arm`, armPackages(source));
  await writeChannel(`${temp}/extra`, [pure("loud", "9.0"), pure("onlyextra", "1.0", { depends: ["loud"] })]);
  if (!existsSync(dir)) renameSync(temp, dir);
}

async function writeChannel(dir: string, specs: readonly PackageSpec[]): Promise<void> {
  const records: Record<string, { packages: Record<string, unknown>; conda: Record<string, unknown> }> = {};
  for (const spec of specs) {
    const { fn, subdir, bytes, record } = await makePackage(spec);
    const lists = records[subdir] ?? { packages: {}, conda: {} };
    records[subdir] = lists;
    lists[fn.endsWith(".conda") ? "conda" : "packages"][fn] = record;
    await mkdir(`${dir}/${subdir}`, { recursive: true });
    await writeFile(`${dir}/${subdir}/${fn}`, bytes);
  }
  for (const subdir of ["linux-64", "linux-aarch64", "noarch"]) {
    const { packages = {}, conda = {} } = records[subdir] ?? {};
    const repodata = { info: { subdir }, packages, "packages.conda": conda, removed: [], repodata_version: 1 };
    await mkdir(`${dir}/${subdir}`, { recursive: true });
    await writeFile(`${dir}/${subdir}/repodata.json`, JSON.stringify(repodata));
  }
}

/** The machine's own CPython with the builder's prefix replaced, without its tests and its packages. */
async function pythonPackage({ source, python, minor }: Source): Promise<PackageSpec> {
  const prefix = run([source, "-c", "import sys; print(sys.base_prefix)"]).trim();
  const lib = `lib/python${minor}`;
  const files: Record<string, PackageFile> = {
    [`bin/python${minor}`]: {
      content: besideItself(await readFile(`${prefix}/bin/python${minor}`), prefix),
      executable: true,
    },
    "bin/python3": { link: `python${minor}` },
    "bin/python": { link: `python${minor}` },
    [`${lib}/site-packages/README.txt`]: { content: "" },
  };
  for (const name of await readdir(`${prefix}/lib`)) {
    if (/^libpython.*\.so/.test(name)) await copyFile(files, prefix, `lib/${name}`);
  }
  for (const name of await readdir(`${prefix}/${lib}`, { recursive: true })) {
    const skip =
      /(^|\/)(__pycache__|site-packages|tests?|idlelib|tkinter|turtledemo|lib2to3|ensurepip|config-.*)(\/|$)|\.a$/;
    if (!skip.test(name)) await copyFile(files, prefix, `${lib}/${name}`);
  }
  return {
    name: "python",
    version: python,
    build: "h1_0_cpython",
    depends: ["__glibc >=2.17"],
    sitePackages: `${lib}/site-packages`,
    files,
  };
}

/** A program that looks for its libraries in the builder's folder, looking beside itself, as conda's packages do. */
export function besideItself(program: Buffer, prefix: string): Buffer {
  const [old, own] = [`${prefix}/lib\0`, "$ORIGIN/../lib"];
  const at = program.indexOf(old, 0, "latin1");
  if (at >= 0) program.fill(0, at, at + old.length).write(own, at, "latin1");
  return program;
}

async function copyFile(files: Record<string, PackageFile>, prefix: string, path: string): Promise<void> {
  const info = await stat(`${prefix}/${path}`);
  if (info.isDirectory()) return;
  const link = await readlink(`${prefix}/${path}`).catch(() => undefined);
  if (link !== undefined && !link.startsWith("/")) {
    files[path] = { link };
    return;
  }
  const data = await readFile(`${prefix}/${path}`);
  const isText = !data.includes(0) && data.includes(prefix);
  const content = isText ? data.toString("latin1").replaceAll(prefix, PLACEHOLDER) : data;
  files[path] = {
    content: isText ? Buffer.from(content as string, "latin1") : content,
    executable: (info.mode & 0o111) !== 0,
  };
}
