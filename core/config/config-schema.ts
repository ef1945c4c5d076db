/**
 * What config.yaml may say: the Python client's keys, and ours under `swcli`. Turns plain values into `Config`.
 * Must not know files. Tests: test/unit/core/config/config-file.test.ts
 */
import * as v from "valibot";
import { Secret } from "#core/config/secret.ts";
import { type SharedCache, SharedCacheSchema } from "#core/config/shared-cache.ts";
import { SwError } from "#core/errors.ts";
import { LOCAL } from "#core/uri/uri.ts";

export interface Instance {
  /** `local`, or the server's address. */
  readonly uri: string;
  readonly userName: string | undefined;
  readonly userRole: string | undefined;
  /** The whole value of the Authorization header. */
  readonly token: Secret | undefined;
  /** On a server the id of the project. */
  readonly currentProject: string | undefined;
  readonly updatedAt: string | undefined;
  /** Ours: the certificate is not checked. */
  readonly insecureTls?: boolean | undefined;
}

export interface Config {
  readonly currentInstance: string;
  /** By alias; `local` is always there. */
  readonly instances: Readonly<Record<string, Instance>>;
  readonly storageRoot: string | undefined;
  /** Repository of the built-in base images. */
  readonly imageRepo: string | undefined;
  readonly swcli: SwcliSettings;
}

/** Our own engine, or a program of the user's that solves instead. */
export const CONDA_SOLVERS = ["rattler", "micromamba", "mamba", "conda"] as const;
export type CondaSolver = (typeof CONDA_SOLVERS)[number];

/** Our own keys, under `swcli:`. */
export interface SwcliSettings {
  readonly limits: {
    /** Bytes that all environments together may take before unused ones go. */
    readonly envsSize: number | undefined;
    /** The same for the cached layers of images. */
    readonly imagesSize: number;
  };
  /** How many jobs of a kind work at a time. */
  readonly slots: { readonly image: number; readonly environment: number };
  readonly conda: { readonly solver: CondaSolver };
  readonly caches: {
    /** A driver of unstorage and its options, for resolutions shared by a team. */
    readonly shared: SharedCache | undefined;
  };
}

// A hand or PyYAML may leave a name or an id unquoted.
const Text = v.nullish(v.pipe(v.union([v.string(), v.number()]), v.transform(String)));

const InstanceSchema = v.looseObject({
  uri: v.string(),
  user_name: Text,
  user_role: Text,
  sw_token: v.nullish(v.pipe(v.string(), v.transform(Secret.of))),
  current_project: Text,
  updated_at: v.nullish(v.pipe(v.union([v.string(), v.date()]), v.transform(String))),
  insecure_tls: v.nullish(v.boolean()),
});

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

const Size = v.pipe(
  v.union([v.number(), v.string()]),
  v.transform((size) => /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|TiB|)B?$/.exec(String(size))),
  v.check((match) => match !== null, "must be a number of bytes or a size such as 20GiB"),
  v.transform((match) => Math.floor(Number(match?.[1]) * unitOf(match?.[2]))),
);

const unitOf = (name: string | undefined): number =>
  name === "KiB" || name === "MiB" || name === "GiB" || name === "TiB" ? UNITS[name] : 1;

const Count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64));

const SECTIONS = {
  limits: v.looseObject({ envs_size: v.nullish(Size), images_size: v.nullish(Size) }),
  slots: v.looseObject({ image: v.nullish(Count), environment: v.nullish(Count) }),
  conda: v.looseObject({ solver: v.nullish(v.picklist(CONDA_SOLVERS)) }),
  caches: v.looseObject({ shared: v.nullish(SharedCacheSchema) }),
};

/** Our own keys under `swcli`, by their sections. */
export const OWN_KEYS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(SECTIONS).map(([section, { entries }]) => [section, Object.keys(entries)]),
);

const SwcliSchema = v.looseObject({
  limits: v.nullish(SECTIONS.limits),
  slots: v.nullish(SECTIONS.slots),
  conda: v.nullish(SECTIONS.conda),
  caches: v.nullish(SECTIONS.caches),
});

const ConfigSchema = v.looseObject({
  current_instance: v.nullish(v.string(), LOCAL),
  instances: v.nullish(v.record(v.string(), InstanceSchema)),
  storage: v.nullish(v.looseObject({ root: v.nullish(v.string()) })),
  docker: v.nullish(v.looseObject({ builtin_image_repo: v.nullish(v.string()) })),
  swcli: v.nullish(SwcliSchema),
});

/**
 * Checks what was read from `path`.
 * @throws SwError CONFIG_INVALID that names the key; values are not repeated, one may be a token.
 */
export function parseConfig(path: string, plain: unknown): Config {
  const result = v.safeParse(ConfigSchema, plain ?? {});
  if (!result.success) {
    const [issue] = result.issues;
    const key = v.getDotPath(issue) ?? "the file";
    const why = issue.type === "check" ? issue.message : `expected ${issue.expected ?? "another value"}`;
    throw new SwError("CONFIG_INVALID", `${path}: ${key}: ${why}`, { hint: "Correct it with `swcli config edit`." });
  }
  return asConfig(result.output);
}

function asConfig(raw: v.InferOutput<typeof ConfigSchema>): Config {
  const instances = Object.entries(raw.instances ?? {}).map(([alias, each]) => [alias, asInstance(each)] as const);
  return {
    currentInstance: raw.current_instance,
    instances: { [LOCAL]: LOCAL_INSTANCE, ...Object.fromEntries(instances) },
    storageRoot: raw.storage?.root ?? undefined,
    imageRepo: raw.docker?.builtin_image_repo || undefined,
    swcli: asSettings(raw.swcli ?? {}),
  };
}

const LOCAL_INSTANCE: Instance = {
  ...{ uri: LOCAL, userName: undefined, userRole: undefined, token: undefined },
  ...{ currentProject: undefined, updatedAt: undefined },
};

const asInstance = (raw: v.InferOutput<typeof InstanceSchema>): Instance => ({
  uri: raw.uri,
  userName: raw.user_name ?? undefined,
  userRole: raw.user_role ?? undefined,
  token: raw.sw_token ?? undefined,
  currentProject: raw.current_project || undefined,
  updatedAt: raw.updated_at ?? undefined,
  insecureTls: raw.insecure_tls ?? undefined,
});

// Some large bases and their runtimes; all of it can be had again.
const IMAGES_SIZE = 20 * UNITS.GiB;

const asSettings = ({ limits, slots, conda, caches }: v.InferOutput<typeof SwcliSchema>): SwcliSettings => ({
  limits: { envsSize: limits?.envs_size ?? undefined, imagesSize: limits?.images_size ?? IMAGES_SIZE },
  slots: { image: slots?.image ?? 1, environment: slots?.environment ?? 2 },
  conda: { solver: conda?.solver ?? "rattler" },
  caches: { shared: caches?.shared ?? undefined },
});
