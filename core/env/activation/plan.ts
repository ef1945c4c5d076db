/**
 * What activating a runtime changes in an environment, as data; and the same change applied to a child's environment.
 * Imports nothing: the hot path of `run` loads it. Knows no shell. Tests: test/unit/core/env/activation/plan.test.ts
 */

export interface ActivationPlan {
  /** e.g. `local/project/self/runtime/demo/version/<id>` */
  readonly uri: string;
  readonly name: string;
  readonly project: string;
  readonly version: string;
  readonly mode: "venv" | "conda";
  readonly prefix: string;
  /** PATH entries to put first. */
  readonly path: string[];
  /** PATH entries to put last. */
  readonly behind?: string[];
  readonly set: Record<string, string>;
  readonly unset: string[];
  /** Variables that are made of what is there, by name. */
  readonly extend?: Record<string, Extension>;
  /** Scripts to run on the way out (conda's deactivate.d). */
  readonly leave?: string[];
}

/** The old value of `of` between the parts, where it has one; else `alone`, and nothing where that is not said. */
export interface Extension {
  readonly of: string;
  readonly parts: string[];
  readonly alone?: string | undefined;
}

export interface PlanInput {
  uri: string;
  name: string;
  project: string;
  version: string;
  prefix: string;
}

type Env = Readonly<Record<string, string | undefined>>;

// What libc searches when PATH is not set; a child that gets our PATH must still find `sh`.
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/** The change that a runtime in venv mode makes; the SW_ variables are those of the Python client. */
export function venvPlan(input: PlanInput): ActivationPlan {
  const { prefix, name, uri } = input;
  const python = { VIRTUAL_ENV: prefix, VIRTUAL_ENV_PROMPT: name };
  return {
    ...input,
    mode: "venv",
    path: [`${prefix}/bin`],
    set: { ...python, ...marks(uri, "venv", prefix) },
    unset: ["PYTHONHOME"],
  };
}

/** What an environment's own files change. */
export interface CondaEffect {
  /** PATH entries to put first; the environment's own `bin` comes last where it is not among them. */
  readonly path: readonly string[];
  readonly behind?: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
  readonly extend?: Readonly<Record<string, Extension>>;
  readonly leave: readonly string[];
}

/** The change that a runtime in conda mode makes: conda's own variables, and what the environment's packages set. */
export function condaPlan(input: PlanInput, effect: CondaEffect): ActivationPlan {
  const { prefix, name, uri } = input;
  const { path, behind = [], unset = [], extend = {}, leave } = effect;
  const conda = {
    CONDA_PREFIX: prefix,
    CONDA_DEFAULT_ENV: name,
    CONDA_SHLVL: "1",
    CONDA_PROMPT_MODIFIER: `(${name}) `,
  };
  const set = { ...effect.set, ...conda, ...marks(uri, "conda", prefix) };
  const bin = `${prefix}/bin`;
  return {
    ...input,
    mode: "conda",
    path: path.includes(bin) ? [...path] : [...path, bin],
    ...(behind.length > 0 && { behind: [...behind] }),
    set,
    unset: [...new Set(["PYTHONHOME", ...unset])].filter((one) => !(one in set) && !(one in extend)),
    ...(Object.keys(extend).length > 0 && { extend: { ...extend } }),
    leave: [...leave],
  };
}

/** The three variables by which a process sees that it runs inside an activated runtime. */
export const marks = (uri: string, mode: ActivationPlan["mode"], prefix: string) => ({
  SW_ACTIVATED_RUNTIME_URI_IN_SHELL: uri,
  SW_ACTIVATED_RUNTIME_MODE_IN_SHELL: mode,
  SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: prefix,
});

/** The whole environment of a child in the runtime; one activated outside is replaced, not stacked. */
export function applyPlan(plan: ActivationPlan, env: Env): Record<string, string> {
  const out: Record<string, string> = {};
  for (const key in env) {
    const value = env[key];
    if (value !== undefined) out[key] = value;
  }
  const outer = out.SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL;
  const rest = withoutEntry(out.PATH ?? DEFAULT_PATH, outer ? `${outer}/bin` : undefined);
  out.PATH = [...plan.path, ...(rest === "" ? [] : [rest]), ...(plan.behind ?? [])].join(":");
  for (const key of plan.unset) delete out[key];
  // From a hooked shell to us (hook-script.ts), not to what it runs.
  delete out.SWCLI_SHELL;
  for (const key in plan.extend) {
    const value = extended(plan.extend[key], env);
    if (value !== undefined) out[key] = value;
  }
  return Object.assign(out, plan.set);
}

function extended(extension: Extension | undefined, env: Env): string | undefined {
  const old = extension && env[extension.of];
  return old ? extension.parts.join(old) : extension?.alone;
}

/** `path` less the first occurrence of `entry`; empty entries stay as they are. */
function withoutEntry(path: string, entry: string | undefined): string {
  if (entry === undefined) return path;
  const entries = path.split(":");
  const at = entries.indexOf(entry);
  if (at >= 0) entries.splice(at, 1);
  return entries.join(":");
}
