/**
 * What uv downloads a Python from, in files of the test: a list in the place of uv's own, and an archive laid out as those
 * of python-build-standalone: a made-up one that nothing can run, or the files of a CPython of this machine.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { besideItself } from "./conda-channel.ts";

export interface PythonDownload {
  /** UV_PYTHON_DOWNLOADS_JSON_URL */
  readonly list: string;
  /** The patch version that uv takes for the newest. */
  readonly version: string;
}

const MACHINES = ["x86_64", "aarch64"];

/** As the archives say where they were built; uv writes the folder of the install in its place. */
const SYSCONFIG = `# system configuration generated and used by the sysconfig module
build_time_vars = {'prefix': '/install', 'LIBDIR': '/install/lib'}
`;

/** A Python of names only. */
export async function madeUpPython(dir: string, minor: string): Promise<PythonDownload> {
  const lib = join(dir, "python/lib", `python${minor}`);
  await mkdir(join(dir, "python/bin"), { recursive: true });
  await mkdir(join(lib, "__pycache__"), { recursive: true });
  await writeFile(join(dir, "python/bin", `python${minor}`), "no program\n", { mode: 0o755 });
  await symlink(`python${minor}`, join(dir, "python/bin/python3"));
  await writeFile(join(lib, "os.py"), "name = 'made up'\n");
  await writeFile(join(lib, "__pycache__/os.cpython.pyc"), "stale");
  await writeFile(join(lib, "_sysconfigdata__linux_x86_64-linux-gnu.py"), SYSCONFIG);
  await run(["tar", "-czf", join(dir, "python.tar.gz"), "-C", dir, "python"]);
  return await listOf(dir, minor);
}

/** The prefix of a CPython on this machine that isn't of `not`, or undefined. */
export function ownPython(not: string): { prefix: string; minor: string } | undefined {
  const roots = [join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions")];
  const prefixes = roots.flatMap((root) => (existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : []));
  for (const minor of ["3.12", "3.11", "3.10", "3.9"].filter((one) => one !== not)) {
    const prefix = prefixes.find((one) => existsSync(join(one, `bin/python${minor}`)));
    if (prefix !== undefined) return { prefix, minor };
  }
  return undefined;
}

/** The files of an interpreter, made to find its library beside itself. */
export async function packedPython(
  dir: string,
  { prefix, minor }: { prefix: string; minor: string },
): Promise<PythonDownload> {
  const left = ["site-packages", "test", "__pycache__", "config-*", "idlelib", "tkinter", "ensurepip"];
  const excludes = left.map((name) => `--exclude=${name}`);
  const wanted = readdirSync(join(prefix, "lib")).filter((name) => /^(libpython|python3)/.test(name));
  const program = besideItself(await readFile(join(prefix, `bin/python${minor}`)), prefix);
  await mkdir(join(dir, "bin"), { recursive: true });
  await writeFile(join(dir, `bin/python${minor}`), program, { mode: 0o755 });
  const argv = ["tar", "-czf", join(dir, "python.tar.gz"), "--transform=s,^,python/,", ...excludes];
  await run([...argv, "-C", dir, "bin", "-C", prefix, ...wanted.map((name) => `lib/${name}`)]);
  return await listOf(dir, minor);
}

async function listOf(dir: string, minor: string): Promise<PythonDownload> {
  const archive = join(dir, "python.tar.gz");
  const sha256 = new Bun.CryptoHasher("sha256").update(await Bun.file(archive).bytes()).digest("hex");
  const rows = MACHINES.map((family) => [
    `cpython-${minor}.99-linux-${family}-gnu`,
    {
      ...{ name: "cpython", arch: { family, variant: null }, os: "linux", libc: "gnu", major: 3 },
      ...{ minor: Number(minor.split(".")[1]), patch: 99, prerelease: "", variant: null, build: "20260101" },
      ...{ url: `file://${archive}`, sha256 },
    },
  ]);
  const list = join(dir, "downloads.json");
  await writeFile(list, JSON.stringify(Object.fromEntries(rows)));
  return { list, version: `${minor}.99` };
}

async function run(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdin: "ignore", stderr: "pipe" });
  const [said, code] = await Promise.all([child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${said}`);
}
