/**
 * Packages for tests without building any: small, sound, under an id of the caller's, as the Python client writes them
 * (random ids, no `swcli` part).
 */
import { packageEntries, type TreeEntry } from "#core/swrt/package-tree.ts";
import { tarChunks } from "#core/swrt/tar-writer.ts";

/** 40 characters of the alphabet of versions, from a word. */
export function versionOf(word: string): string {
  const letters = new Bun.CryptoHasher("sha256").update(word).digest("hex");
  return letters.replace(/[0189]/g, "q").slice(0, 40);
}

export interface PackageParts {
  readonly version: string;
  /** Of its runtime.yaml. */
  readonly name?: string;
  /** Members below `files/`, by path. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
}

/** The bytes of a package. */
export async function makePackage(parts: PackageParts): Promise<Uint8Array> {
  const members: Record<string, Uint8Array | string> = {
    "runtime.yaml": `name: ${parts.name ?? "demo"}\nmode: venv\n`,
  };
  for (const [path, content] of Object.entries(parts.files ?? {})) members[`files/${path}`] = content;
  const bodies = new Map<string, Uint8Array>();
  const entries = Object.entries(members).map(([path, content]): TreeEntry => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    bodies.set(path, bytes);
    return { path, mode: 0o644, type: "file", size: bytes.length, sha256: path };
  });
  const open = async function* (path: string) {
    // The taker of a piece may do with it what it likes.
    yield new Uint8Array(bodies.get(path) ?? []);
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarChunks(packageEntries(manifestFor(parts.version), entries, open))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** As the Python client 0.6.15 writes one; only the version differs. */
export const manifestFor = (version: string): string => `artifacts:
  dependencies: []
  files: []
  runtime_yaml: runtime.yaml
  wheels: []
base_image: docker-registry.starwhale.cn/star-whale/base:0.3.4
build:
  os: Linux
  sw_version: 0.6.15
configs:
  conda: {channels: [conda-forge], condarc: {}}
  docker: {image: ''}
  pip: {extra_index_url: [''], index_url: '', trusted_host: ['']}
created_at: 2026-11-22 00:42:37 UTC
dependencies:
  conda_files: []
  conda_pkgs: []
  local_packaged_env: false
  pip_files: []
  pip_pkgs: []
  raw_deps: []
docker:
  builtin_run_image: {fullname: x, name: base, repo: x, tag: 0.3.4}
  custom_run_image: ''
environment:
  arch: []
  auto_lock_dependencies: false
  lock:
    env_name: ''
    env_prefix_path: ''
    env_use_shell: false
    files: []
    shell: {python_env: system, python_version: 3.11.7, use_conda: false, use_venv: false}
    starwhale_version: 0.6.15
    system: Linux
  mode: venv
  python: '3.11'
version: ${version}
`;
