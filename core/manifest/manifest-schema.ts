/**
 * The shape of `_manifest.yaml`, as the Python client and we write it.
 * Owns: keys, defaults of keys that older writers lack, the refusal of values that could do harm.
 * Unknown keys are kept: a newer writer's values must survive our reading. Tests: test/unit/core/manifest/parse-manifest.test.ts
 */
import * as v from "valibot";

/** Grows when a reader of before would misread a package; keys are added without growing it. */
export const MANIFEST_FORMAT = 1;

/** Version numbers that somebody wrote without quotes arrive as numbers. */
const Text = v.pipe(
  v.union([v.string(), v.number(), v.boolean()]),
  v.transform((value) => String(value)),
);
const text = (fallback = "") => v.nullish(Text, fallback);
const Texts = v.nullish(
  v.union([
    v.array(Text),
    v.pipe(
      Text,
      v.transform((one) => (one === "" ? [] : [one])),
    ),
  ]),
  [],
);
const Flag = v.nullish(v.boolean(), false);
const Data = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be a map of keys and values",
);
/** A loose object of the library takes lists too. */
const map = <const E extends v.ObjectEntries>(entries: E) => v.pipe(Data, v.looseObject(entries));

/** Lock files are opened by these names, so a name must not lead out of the package. */
const InsidePath = v.pipe(
  v.string(),
  v.check((path) => isInside(path), "a path that leads out of the package"),
);

/** Relative, without a step out of its folder; the tree of a package is checked again when it is unpacked. */
export const isInside = (path: string) =>
  path !== "" && !path.startsWith("/") && !path.includes("\0") && !path.split("/").includes("..");

const RawDependency = map({ kind: v.string(), deps: v.union([Text, v.array(v.union([Text, Data]))]) });

const Configs = map({
  conda: v.nullish(map({ channels: Texts, condarc: v.nullish(Data, {}) }), {}),
  docker: v.nullish(map({ image: text() }), {}),
  pip: v.nullish(map({ extra_index_url: Texts, index_url: text(), trusted_host: Texts }), {}),
});

const Dependencies = map({
  conda_files: Texts,
  conda_pkgs: Texts,
  local_packaged_env: Flag,
  pip_files: Texts,
  pip_pkgs: Texts,
  /** Absent in packages of very old clients, which have the flat lists only. */
  raw_deps: v.nullish(v.array(RawDependency)),
  setup_requires: v.nullish(v.array(RawDependency), []),
});

const Lock = map({
  env_name: text(),
  env_prefix_path: v.optional(v.nullable(Text), ""),
  env_use_shell: Flag,
  files: v.nullish(v.array(InsidePath), []),
  shell: v.nullish(map({ python_env: text("system"), python_version: text(), use_conda: Flag, use_venv: Flag }), {}),
  starwhale_version: text(),
  system: text(),
});

const Environment = map({
  arch: Texts,
  auto_lock_dependencies: Flag,
  lock: v.nullish(Lock, {}),
  mode: v.nullish(v.picklist(["venv", "conda"]), "venv"),
  python: text(),
});

export const PackageManifestSchema = map({
  artifacts: v.nullish(
    map({
      dependencies: Texts,
      files: v.nullish(v.array(Data), []),
      runtime_yaml: text("runtime.yaml"),
      wheels: Texts,
    }),
    {},
  ),
  base_image: text(),
  build: v.nullish(map({ os: text(), sw_version: text() }), {}),
  configs: v.nullish(Configs, {}),
  created_at: text(),
  dependencies: v.nullish(Dependencies, {}),
  docker: v.nullish(
    map({
      builtin_run_image: v.nullish(map({ fullname: text(), name: text(), repo: text(), tag: text() }), {}),
      custom_run_image: text(),
    }),
    {},
  ),
  environment: v.nullish(Environment, {}),
  /** Ours alone; the Python client and the server ignore it. */
  swcli: v.optional(map({ format: v.number(), platforms: Texts, source: v.optional(v.string()) })),
  version: v.pipe(v.string(), v.regex(/^[a-z2-7]{4,80}$/, "not a version id")),
});

export type PackageManifest = v.InferOutput<typeof PackageManifestSchema>;
export type RawDependency = v.InferOutput<typeof RawDependency>;
