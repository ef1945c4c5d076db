/**
 * One conda package made from files in memory: the archive in either format and its line of repodata. The same bytes each
 * time, so that a channel that was made once can be recognised.
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What builders put where the prefix will be: 255 characters, as conda-build does. */
export const PLACEHOLDER = `/tmp/swcli-test-channel/${"prefix-placeholder-".repeat(20)}`.slice(0, 255);

export interface PackageFile {
  content?: string | Uint8Array;
  link?: string;
  executable?: boolean;
}

export interface PackageSpec {
  name: string;
  version: string;
  build?: string;
  noarch?: "python" | "generic";
  depends?: string[];
  constrains?: string[];
  entryPoints?: string[];
  format?: "conda" | "tar.bz2";
  subdir?: string;
  sitePackages?: string;
  files: Record<string, PackageFile>;
}

export interface MadePackage {
  fn: string;
  subdir: string;
  bytes: Uint8Array;
  record: Record<string, unknown>;
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

export async function makePackage(spec: PackageSpec): Promise<MadePackage> {
  const { name, version, build = "0", format = "conda" } = spec;
  const index = indexOf(spec);
  const info = infoFiles(spec, index);
  const stem = `${name}-${version}-${build}`;
  const bytes =
    format === "conda" ? await condaArchive(stem, spec.files, info) : await tar({ ...info, ...spec.files }, "j");
  const md5 = createHash("md5").update(bytes).digest("hex");
  const record = { ...index, md5, sha256: sha256(bytes), size: bytes.length };
  return { fn: `${stem}.${format}`, subdir: index.subdir, bytes, record };
}

function indexOf({ name, version, build = "0", noarch, depends = [], constrains = [], ...rest }: PackageSpec) {
  return {
    name,
    version,
    build,
    build_number: 0,
    depends,
    constrains,
    license: "MIT",
    timestamp: 1_700_000_000_000,
    subdir: noarch ? "noarch" : (rest.subdir ?? "linux-64"),
    ...(noarch && { noarch }),
    ...(rest.sitePackages && { python_site_packages_path: rest.sitePackages }),
  };
}

type Files = Record<string, PackageFile>;

function infoFiles(spec: PackageSpec, index: object): Files {
  const paths = Object.entries(spec.files).map(([path, file]) => pathEntry(path, file));
  const link = { noarch: { type: "python", entry_points: spec.entryPoints ?? [] }, package_metadata_version: 1 };
  return {
    "info/index.json": { content: JSON.stringify(index) },
    "info/paths.json": { content: JSON.stringify({ paths, paths_version: 1 }) },
    "info/about.json": { content: "{}" },
    "info/files": { content: Object.keys(spec.files).join("\n") },
    ...(spec.noarch === "python" && { "info/link.json": { content: JSON.stringify(link) } }),
  };
}

function pathEntry(path: string, { content = "", link }: PackageFile): object {
  const data = Buffer.from(content);
  const holdsPrefix = !link && !path.endsWith(".pyc") && data.includes(PLACEHOLDER);
  return {
    _path: path,
    path_type: link ? "softlink" : "hardlink",
    sha256: sha256(data),
    size_in_bytes: data.length,
    ...(holdsPrefix && { prefix_placeholder: PLACEHOLDER, file_mode: data.includes(0) ? "binary" : "text" }),
  };
}

/** `.conda`: a zip whose members are not compressed, two tars of zstd among them. */
async function condaArchive(stem: string, files: Files, info: Files): Promise<Uint8Array> {
  const zstd = async (members: Files) => Bun.zstdCompress(await tar(members, ""));
  return storedZip([
    ["metadata.json", Buffer.from('{"conda_pkg_format_version": 2}')],
    [`pkg-${stem}.tar.zst`, await zstd(files)],
    [`info-${stem}.tar.zst`, await zstd(info)],
  ]);
}

async function tar(files: Files, compression: "j" | ""): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), "conda-package-"));
  try {
    for (const [path, file] of Object.entries(files)) await put(join(dir, path), file);
    const fixed = ["--sort=name", "--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
    const names = [...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? ""))];
    const child = Bun.spawn(["tar", ...fixed, `-c${compression}f`, "-", "-C", dir, ...names], { stderr: "inherit" });
    return await child.stdout.bytes();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function put(path: string, { content = "", link, executable }: PackageFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (link !== undefined) return await symlink(link, path);
  await writeFile(path, content);
  await chmod(path, executable ? 0o775 : 0o664);
}

function storedZip(members: [string, Uint8Array][]): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of members) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(Bun.hash.crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}
