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
  readonly set: Record<string, string>;
  readonly unset: string[];
  /** Scripts to run on the way out (conda's deactivate.d). */
  readonly leave?: string[];
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

/**
 * The change that a runtime in conda mode makes: conda's own variables, and what the environment's packages set.
 * `change.path` are entries that its scripts put before the rest.
 */
export function condaPlan(
  input: PlanInput,
  change: { path: readonly string[]; set: Readonly<Record<string, string>>; leave: readonly string[] },
): ActivationPlan {
  const { prefix, name, uri } = input;
  const conda = {
    CONDA_PREFIX: prefix,
    CONDA_DEFAULT_ENV: name,
    CONDA_SHLVL: "1",
    CONDA_PROMPT_MODIFIER: `(${name}) `,
  };
  return {
    ...input,
    mode: "conda",
    path: [...change.path, `${prefix}/bin`],
    set: { ...change.set, ...conda, ...marks(uri, "conda", prefix) },
    unset: ["PYTHONHOME"],
    leave: [...change.leave],
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
  out.PATH = rest === "" ? plan.path.join(":") : `${plan.path.join(":")}:${rest}`;
  for (const key of plan.unset) delete out[key];
  // From a hooked shell to us (hook-script.ts), not to what it runs.
  delete out.SWCLI_SHELL;
  return Object.assign(out, plan.set);
}

/** `path` less the first occurrence of `entry`; empty entries stay as they are. */
function withoutEntry(path: string, entry: string | undefined): string {
  if (entry === undefined) return path;
  const entries = path.split(":");
  const at = entries.indexOf(entry);
  if (at >= 0) entries.splice(at, 1);
  return entries.join(":");
}
