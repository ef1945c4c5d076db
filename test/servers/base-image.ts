/**
 * Base images for tests, in a registry of the test: a tiny one that only looks like Python's (nothing is run in it), and
 * a real one made of Debian packages without running any of their scripts.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { descriptorOf, encodeManifest, type RawManifest } from "#core/oci/manifest.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from "#core/oci/media-types.ts";
import { bytesSource, pushBlob } from "#core/oci/push-blob.ts";
import { openRegistry, putManifest, type Registry } from "#core/oci/registry.ts";
import { type TarEntry, tarChunks } from "#core/swrt/tar-writer.ts";
import { storeHome } from "../unit/core/store/store-home.ts";

export type Architecture = "amd64" | "arm64";

export interface BaseOptions {
  readonly repository?: string;
  readonly tag?: string;
  readonly architectures?: readonly Architecture[];
  /** Minor version on its PATH; "" for none. */
  readonly python?: string;
  /** It has a C library that says to be glibc 2.N. */
  readonly glibc?: number;
  readonly env?: readonly string[];
  /** More of what its config says: `User`, `OnBuild`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A base that has names but no programs. @returns its reference */
export async function pushTinyBase(host: string, options: BaseOptions = {}): Promise<string> {
  const { architectures = ["amd64"] } = options;
  const layers = await Promise.all(architectures.map((architecture) => tarOf(tinyEntries(options, architecture))));
  return await pushBase(host, options, new Map(architectures.map((name, i) => [name, layers[i] ?? new Uint8Array()])));
}

function tinyEntries({ python = "3.11", glibc }: BaseOptions, architecture: Architecture): TarEntry[] {
  const file = (path: string, text: string): TarEntry => {
    const bytes = new TextEncoder().encode(text);
    return { path, mode: 0o755, type: "file", size: bytes.length, open: () => chunk(bytes) };
  };
  const link = (path: string, to: string): TarEntry => ({ path, mode: 0o777, type: "symlink", size: 0, link: to });
  const folder = (path: string): TarEntry => ({ path, mode: 0o755, type: "dir", size: 0 });
  const pythons =
    python === "" ? [] : [link("usr/bin/python3", `python${python}`), file(`usr/bin/python${python}`, architecture)];
  return [
    link("bin", "usr/bin"),
    folder("etc"),
    file("etc/note", architecture),
    folder("usr"),
    folder("usr/bin"),
    ...pythons,
    ...(glibc === undefined ? [] : [file(libcPath(architecture), libcText(glibc))]),
  ];
}

const libcPath = (architecture: Architecture) =>
  `lib/${architecture === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/libc.so.6`;

const libcText = (glibc: number) => `GNU C Library (test) stable release version 2.${glibc}.\n`;

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const tarOf = async (entries: readonly TarEntry[]) => Buffer.concat(await Array.fromAsync(tarChunks(entries)));

/** Pushes tars as an image, or as an index of several. */
async function pushBase(
  host: string,
  options: BaseOptions,
  tars: ReadonlyMap<Architecture, Uint8Array>,
): Promise<string> {
  const {
    repository = "base/python",
    tag = "3.11",
    env = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"],
    config = {},
  } = options;
  await using home = await storeHome();
  const registry = await openRegistry(home.ctx, host);
  const images: { architecture: Architecture; raw: RawManifest }[] = [];
  for (const [architecture, tar] of tars) {
    const raw = await pushOne(registry, {
      repository,
      architecture,
      tar,
      config: { Env: env, Cmd: ["python3"], ...config },
    });
    images.push({ architecture, raw });
  }
  const [only, ...others] = images;
  if (only && others.length === 0) await putManifest(registry, { repository, key: tag }, only.raw);
  else {
    const manifests = images.map(({ architecture, raw }) => ({
      ...descriptorOf(raw),
      platform: { os: "linux", architecture },
    }));
    const index = encodeManifest(OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    for (const { raw } of images) await putManifest(registry, { repository, key: raw.digest }, raw);
    await putManifest(registry, { repository, key: tag }, index);
  }
  return `${host}/${repository}:${tag}`;
}

async function pushOne(
  registry: Registry,
  image: { repository: string; architecture: Architecture; tar: Uint8Array; config: Readonly<Record<string, unknown>> },
): Promise<RawManifest> {
  const { repository, architecture, tar } = image;
  const layer = bytesSource(Bun.gzipSync(new Uint8Array(tar)));
  const diffId = `sha256:${new Bun.CryptoHasher("sha256").update(tar).digest("hex")}`;
  const config = encodeManifest(OCI_CONFIG, {
    architecture,
    os: "linux",
    config: image.config,
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "test" }],
  });
  await pushBlob(registry, repository, layer);
  await pushBlob(registry, repository, bytesSource(config.bytes));
  return encodeManifest(OCI_MANIFEST, {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptorOf(config),
    layers: [{ mediaType: OCI_LAYER_GZIP, digest: layer.digest, size: layer.size }],
  });
}

const PACKAGES = [
  "base-files",
  "dash",
  "coreutils",
  "libc-bin",
  "python3-minimal",
  "libpython3-stdlib",
  "libgomp1",
  "libstdc++6",
];

/** What keeps this machine from making the real base, or nothing. */
export function realBaseMissing(): string | undefined {
  const programs = ["apt-get", "dpkg-deb", "tar"].find((program) => !Bun.which(program));
  return programs ?? (process.getuid?.() === 0 ? undefined : "root");
}

export interface RealBase {
  readonly reference: string;
  /** "3.11" on Debian 12. */
  readonly python: string;
}

/** A small Debian with Python; made once per architecture and kept beside the other downloads. */
export async function pushRealBase(
  host: string,
  architectures: readonly Architecture[] = ["amd64"],
  options: Pick<BaseOptions, "repository" | "config"> = {},
): Promise<RealBase> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "swcli-dev", "base-image");
  const tars = new Map<Architecture, Uint8Array>();
  let python = "";
  for (const architecture of architectures) {
    const path = join(cache, `debian-${architecture}.tar`);
    if (!(await Bun.file(path).exists())) await makeRealBase(architecture, path);
    tars.set(architecture, new Uint8Array(await Bun.file(path).arrayBuffer()));
    python = /usr\/bin\/python(3\.\d+)\n/.exec(await text(["tar", "-tf", path]))?.[1] ?? "";
  }
  const repository = `base/debian-${architectures.join("-")}`;
  return { reference: await pushBase(host, { repository, tag: "python", ...options }, tars), python };
}

/** Downloads against an empty list of installed packages, so that every dependency comes; unpacks without scripts. */
async function makeRealBase(architecture: Architecture, path: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "sw-base-"));
  try {
    await Promise.all(["debs", "root/tmp"].map((dir) => mkdir(join(work, dir), { recursive: true })));
    await Bun.write(join(work, "status"), "");
    const own = (await text(["dpkg", "--print-architecture"])).trim() === architecture;
    const where = [`Dir::State::status=${work}/status`, `Dir::Cache::archives=${work}/debs`, "Debug::NoLocking=1"];
    const foreign = own ? [] : await foreignApt(work, architecture);
    const options = ["APT::Sandbox::User=root", ...where, ...foreign].flatMap((option) => ["-o", option]);
    await text(["apt-get", ...(own ? [] : options), "-qq", "update"]);
    await text([
      "apt-get",
      ...options,
      "install",
      "-y",
      "-qq",
      "--no-install-recommends",
      "--download-only",
      ...PACKAGES,
    ]);
    for (const deb of await Array.fromAsync(new Bun.Glob("*.deb").scan(join(work, "debs")))) {
      await text(["dpkg-deb", "-x", join(work, "debs", deb), join(work, "root")]);
    }
    await text(["ln", "-sfn", "dash", join(work, "root/bin/sh")]);
    await mkdir(dirname(path), { recursive: true });
    const fixed = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    const left = ["--exclude=./usr/share/doc", "--exclude=./usr/share/man", "--exclude=./usr/share/locale"];
    await text(["tar", ...fixed, ...left, "-C", join(work, "root"), "-cf", `${path}.${process.pid}`, "."]);
    await text(["mv", `${path}.${process.pid}`, path]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Lists of another architecture in a state of its own, so that this machine's dpkg stays as it is. */
async function foreignApt(work: string, architecture: Architecture): Promise<string[]> {
  const targets = await text(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"]);
  const release = /^VERSION_CODENAME=(.*)$/m.exec(await Bun.file("/etc/os-release").text())?.[1] ?? "stable";
  const site = targets
    .split("\n")
    .find((line) => line.endsWith(` ${release}`))
    ?.split(" ")[0];
  await Promise.all(["lists/partial", "etc"].map((dir) => mkdir(join(work, "apt", dir), { recursive: true })));
  const key = "/usr/share/keyrings/debian-archive-keyring.gpg";
  await Bun.write(
    join(work, "apt/etc/sources.list"),
    `deb [signed-by=${key} arch=${architecture}] ${site} ${release} main\n`,
  );
  return [
    ...[`APT::Architecture=${architecture}`, `APT::Architectures::=${architecture}`, "Acquire::Languages=none"],
    ...[`Dir::State::lists=${work}/apt/lists`, "Dir::Etc::sourceparts=/dev/null"],
    `Dir::Etc::sourcelist=${work}/apt/etc/sources.list`,
  ];
}

async function text(argv: readonly string[]): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = Bun.spawn([...argv], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${err}`);
  return out;
}
