/** A runtime `demo` of a loopback index, its bundle, and machines on which there is neither index nor network. */
import { join } from "node:path";
import { readTar } from "#core/swrt/tar-reader.ts";
import { type TarEntry, tarChunks } from "#core/swrt/tar-writer.ts";
import { type Home, type Mode, type RunOptions, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { type PackageIndexOptions, servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

export const OWN_ARCH = process.arch === "arm64" ? "aarch64" : "x86_64";
export const OTHER_ARCH = process.arch === "arm64" ? "x86_64" : "aarch64";

/** Nothing from this machine's indexes, and a way out that leads nowhere. */
const NOWHERE = "http://127.0.0.1:9";
const NO_INDEX = { PIP_INDEX_URL: undefined, PIP_EXTRA_INDEX_URL: undefined, PIP_FIND_LINKS: undefined };
const NO_NETWORK = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, ALL_PROXY: NOWHERE, UV_OFFLINE: undefined };

/** A machine with an empty cache of uv's. */
export async function loneHome(mode: Mode, env: Readonly<Record<string, string | undefined>> = {}): Promise<Home> {
  const cache = join("/tmp", `sw-uv-${crypto.randomUUID().slice(0, 8)}`);
  const home = await tempHome({ mode, env: { ...NO_INDEX, UV_CACHE_DIR: cache, ...env } });
  const { [Symbol.asyncDispose]: dispose } = home;
  return Object.assign(home, {
    async [Symbol.asyncDispose]() {
      await dispose();
      await Bun.$`rm -rf ${cache}`.quiet();
    },
  });
}

/** The same behind a proxy that is not there. */
export const cutOffHome = (mode: Mode): Promise<Home> => loneHome(mode, NO_NETWORK);

/** swcli where the kernel has no network to offer. */
export const runAlone = (home: Home, args: readonly string[], options: RunOptions = {}) =>
  home.exec(["unshare", "-rn", SWCLI_BIN, ...args], options);

/** Pure, and one file for each kind of machine. */
export async function demoWheels(dir: string): Promise<string[]> {
  const native = (tag: string) => makeWheel(dir, { name: "natpkg", tag: `py3-none-${tag}` });
  return [
    await makeWheel(dir, { name: "revpkg", version: "1.0", requires: ["natpkg"] }),
    await native("manylinux_2_17_x86_64"),
    await native("manylinux_2_17_aarch64"),
    await native("musllinux_1_2_x86_64"),
  ];
}

/** Builds `demo` on a machine that has the index; `run` works there as long as it is up. `large`: bytes of a file in it. */
export async function builtDemo(mode: Mode, options: PackageIndexOptions & { large?: number } = {}) {
  const home = await loneHome(mode);
  const index = await servePackages(await demoWheels(`${home.dir}/wheels`), options);
  const yaml = "name: demo\nenvironment: {python: 3.11, arch: [amd64, arm64]}\ndependencies:\n  - pip: [revpkg]\n";
  const large = "  - files: [{src: large.bin, dest: share/large.bin}]\n";
  const files: Record<string, string | Uint8Array> = { "runtime.yaml": options.large ? yaml + large : yaml };
  if (options.large) files["large.bin"] = new Uint8Array(options.large);
  const env = { PIP_INDEX_URL: options.user ? index.urlFor(options.user, options.password ?? "") : index.url };
  const built = await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], {
    cwd: await home.project(files),
    env,
  });
  if (built.exitCode !== 0) throw new Error(built.stdout + built.stderr);
  const file = `${home.dir}/demo.swrt`;
  const bundle = async (args: readonly string[] = [], more: Record<string, string | undefined> = {}) =>
    await home.run(["-o", "json", "runtime", "bundle", "demo", "--file", file, ...args], { env: { ...env, ...more } });
  const dispose = async () => {
    await index[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
  };
  return { home, index, env, file, bundle, version: String(built.json.version), [Symbol.asyncDispose]: dispose };
}

export interface Member extends TarEntry {
  bytes: Uint8Array;
}

/** The members of an archive, to be changed and written again. */
export async function membersOf(file: string): Promise<Member[]> {
  const members: Member[] = [];
  for await (const { body, ...facts } of readTar(byteChunks(await Bun.file(file).bytes()))) {
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part.slice());
    members.push({ ...facts, bytes: Buffer.concat(parts) });
  }
  return members;
}

export async function writeMembers(file: string, members: readonly Member[]): Promise<void> {
  const entries = members.map((member) =>
    member.type === "file"
      ? { ...member, size: member.bytes.length, open: () => byteChunks(member.bytes) }
      : { ...member, size: 0 },
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarChunks(entries)) chunks.push(chunk.slice());
  await Bun.write(file, Buffer.concat(chunks));
}

async function* byteChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
