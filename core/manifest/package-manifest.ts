/**
 * The `_manifest.yaml` of a package: made from a spec, and the part of it that a version id counts.
 * Owns: which value goes under which key. Knows nothing of stores, archives or how a lock is made.
 * Tests: test/unit/core/manifest/package-manifest.test.ts
 */
import { builtinImage } from "#core/manifest/base-image.ts";
import { withoutChannelSecrets, withoutCredentials } from "#core/manifest/credentials.ts";
import { MANIFEST_FORMAT, type PackageManifest, type RawDependency } from "#core/manifest/manifest-schema.ts";
import type { Dependency, FileItem, RuntimeSpec, SpecConfigs, SpecEnvironment } from "#core/manifest/spec.ts";

export type { PackageManifest } from "#core/manifest/manifest-schema.ts";
export { manifestText } from "#core/manifest/manifest-text.ts";

/** A version of the `starwhale` package that exists: the Python client installs it beside a runtime's own packages. */
export const DEFAULT_STARWHALE_VERSION = "0.6.15";

export interface ManifestInput {
  /** A whole RuntimeSpec will do. */
  spec: Pick<RuntimeSpec, "mode" | "configs" | "dependencies"> & {
    environment: Pick<SpecEnvironment, "arch" | "cuda" | "cudnn" | "dockerImage" | "starwhaleVersion">;
  };
  version: string;
  /** Unix time in ms. */
  createdAt: number;
  /** Full where it is known ("3.11.7"), else the minor version; the manifest's own field gets the minor version. */
  python: string;
  /** Who chose the Python: the yaml, or this machine since the yaml does not say. */
  pythonFrom?: "runtime.yaml" | "host";
  autoLock: boolean;
  /** `.starwhale/lock/…`, relative to `dependencies/`. */
  lockFiles: readonly string[];
  /** What the lock was made for. */
  platforms: readonly string[];
  /** Files that requirement files include, relative to the yaml's folder; the files of the yaml itself come by themselves. */
  includedFiles?: readonly string[];
  /** `starwhale==` of the lock, when it is there. */
  lockedStarwhale?: string;
  imageRepo?: string;
  imageVersion?: string;
  /** What the runtime was made from, when not from a runtime.yaml. */
  source?: string;
  envName?: string;
  envPrefixPath?: string | null;
  envUseShell?: boolean;
  pythonEnv?: "system" | "venv" | "conda";
  /** The builder's system; Linux when nobody says. */
  system?: string;
  /** The version of the writing client. */
  clientVersion?: string;
}

/** Every key that the Python client writes, and our own under `swcli`. */
export function buildManifest(input: ManifestInput): PackageManifest {
  const { spec } = input;
  const { cuda, cudnn, dockerImage } = spec.environment;
  const builtin = builtinImage({ cuda, cudnn, repo: input.imageRepo, imageVersion: input.imageVersion });
  return {
    artifacts: artifactsOf(input),
    base_image: dockerImage || builtin.fullname,
    build: { os: input.system ?? "Linux", sw_version: input.clientVersion ?? DEFAULT_STARWHALE_VERSION },
    configs: configsOf(spec.configs),
    created_at: timeText(input.createdAt),
    dependencies: dependenciesOf(spec.dependencies),
    docker: { builtin_run_image: { ...builtin }, custom_run_image: dockerImage },
    environment: environmentOf(input),
    swcli: {
      format: MANIFEST_FORMAT,
      platforms: [...input.platforms],
      ...(input.pythonFrom && { python_from: input.pythonFrom }),
      ...(input.source && { source: input.source }),
    },
    version: input.version,
  };
}

/** What counts for the version id (with the tree): no times, no builder, no name. Keys are sorted at every level. */
export function identityOf(manifest: PackageManifest): unknown {
  const { arch, auto_lock_dependencies, lock, mode, python } = manifest.environment;
  return canonical({
    artifacts: manifest.artifacts,
    configs: manifest.configs,
    custom_run_image: manifest.docker.custom_run_image,
    dependencies: manifest.dependencies,
    environment: { arch, auto_lock_dependencies, mode, python },
    lock_files: lock.files,
    platforms: manifest.swcli?.platforms ?? [],
  });
}

function artifactsOf({ spec, lockFiles, includedFiles = [] }: ManifestInput): PackageManifest["artifacts"] {
  const files = spec.dependencies.flatMap((d) => ("path" in d ? d.path : []));
  const unique = [...new Set([...files, ...includedFiles, ...lockFiles])];
  return {
    dependencies: unique.map((path) => `dependencies/${path}`),
    files: spec.dependencies.flatMap((d) => (d.kind === "native_file" ? d.items.map(fileData) : [])),
    runtime_yaml: "runtime.yaml",
    wheels: textsOfKind(spec.dependencies, "wheel").map((path) => `wheels/${path}`),
  };
}

/** An empty list is written as one empty text, since the Python client expects at least one. */
const orEmptyText = (list: readonly string[]) => (list.length > 0 ? [...list] : [""]);

function configsOf({ conda, docker, pip }: SpecConfigs): PackageManifest["configs"] {
  return {
    conda: { channels: conda.channels.map(withoutChannelSecrets), condarc: cleanRecord(conda.condarc) },
    docker: { image: docker.image },
    pip: {
      extra_index_url: orEmptyText(pip.extraIndexUrl.map(withoutCredentials)),
      index_url: withoutCredentials(pip.indexUrl),
      trusted_host: orEmptyText(pip.trustedHost),
    },
  };
}

function dependenciesOf(dependencies: readonly Dependency[]): PackageManifest["dependencies"] {
  const paths = (kind: Dependency["kind"]) =>
    dependencies.flatMap((d) => ("path" in d && d.kind === kind ? d.path : []));
  return {
    conda_files: paths("conda_env_file"),
    conda_pkgs: textsOfKind(dependencies, "conda_pkg").map(withoutChannelSecrets),
    local_packaged_env: false,
    pip_files: paths("pip_req_file"),
    pip_pkgs: textsOfKind(dependencies, "pip_pkg").map(withoutCredentials),
    raw_deps: dependencies.map(rawDependency),
    setup_requires: [],
  };
}

function rawDependency(dependency: Dependency): RawDependency {
  const { kind } = dependency;
  if ("path" in dependency) return { kind, deps: dependency.path };
  if (dependency.kind === "native_file") return { kind, deps: dependency.items.map(fileData) };
  const clean = CLEAN[dependency.kind];
  return { kind, deps: dependency.items.map((item) => clean(item.text)) };
}

const asIs = (text: string) => text;
const CLEAN = { pip_pkg: withoutCredentials, conda_pkg: withoutChannelSecrets, wheel: asIs, command: asIs };

function environmentOf(input: ManifestInput): PackageManifest["environment"] {
  const { spec, python, pythonEnv = "system" } = input;
  return {
    arch: [...spec.environment.arch],
    auto_lock_dependencies: input.autoLock,
    lock: {
      env_name: input.envName ?? "",
      env_prefix_path: input.envPrefixPath === undefined ? "" : input.envPrefixPath,
      env_use_shell: input.envUseShell ?? false,
      files: [...input.lockFiles],
      shell: {
        python_env: pythonEnv,
        python_version: python,
        use_conda: pythonEnv === "conda",
        use_venv: pythonEnv === "venv",
      },
      starwhale_version: spec.environment.starwhaleVersion || input.lockedStarwhale || DEFAULT_STARWHALE_VERSION,
      system: input.system ?? "Linux",
    },
    mode: spec.mode,
    python: python.split(".").slice(0, 2).join("."),
  };
}

const textsOfKind = (dependencies: readonly Dependency[], kind: "pip_pkg" | "conda_pkg" | "wheel") =>
  dependencies.flatMap((d) => (d.kind === kind ? d.items.map((item) => item.text) : []));

const fileData = ({ src, dest, extra }: FileItem): Record<string, unknown> => ({ ...extra, src, dest });

const timeText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const cleanRecord = (data: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, cleanData(value)]));

function cleanData(value: unknown): unknown {
  if (typeof value === "string") return withoutChannelSecrets(value);
  if (Array.isArray(value)) return value.map(cleanData);
  return isRecord(value) ? cleanRecord(value) : value;
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, canonical(value[key])]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
