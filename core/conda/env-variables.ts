/**
 * Variables that conda keeps in an environment: of its packages (`env_vars.d/*.json`), and of the person (`conda env config
 * vars`, in `conda-meta/state`). Tests: test/unit/core/conda/env-variables.test.ts
 */
import * as v from "valibot";
import { isVariableName } from "#core/platform/env.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, writeFileAtomic } from "#core/platform/fs-atomic.ts";

export const statePath = (prefix: string): string => `${prefix}/conda-meta/state`;

/** What packages, and people by hand, put into an environment for its activation. */
export const ACTIVATION_FOLDERS = ["etc/conda/activate.d", "etc/conda/deactivate.d", "etc/conda/env_vars.d"] as const;

const Values = v.pipe(
  v.unknown(),
  v.check((values) => !Array.isArray(values)),
  v.record(v.string(), v.unknown()),
);
const State = v.looseObject({ env_vars: v.optional(Values, {}) });
/** conda's mark for a variable that is taken back. */
const UNSET = "***unset***";

/** What a person set; a file that says nothing useful is none. */
export async function personVariables(prefix: string): Promise<Record<string, string>> {
  const state = v.safeParse(State, await readJson(statePath(prefix)));
  return state.success ? texts(state.output.env_vars) : {};
}

/** Of one file of a package. */
export async function packageVariables(file: string): Promise<Record<string, string>> {
  const values = v.safeParse(Values, await readJson(file));
  return values.success ? texts(values.output) : {};
}

/** Numbers and switches as conda, which is Python, writes them; what is no variable, or none of conda's to set, is left out. */
const texts = (values: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, string][] => {
      if (!isVariableName(name) || name === "PATH") return [];
      if (typeof value === "boolean") return [[name, value ? "True" : "False"]];
      const isText = typeof value === "number" || (typeof value === "string" && value !== UNSET);
      return isText ? [[name, String(value)]] : [];
    }),
  );

async function readJson(path: string): Promise<unknown> {
  const text = await readTextIfAny(path);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (e) {
    if (!(e instanceof SyntaxError)) throw e;
    return undefined;
  }
}

/** Adds to what is there, as `conda env config vars set` does. */
export async function writeVariables(prefix: string, variables: Record<string, string>): Promise<void> {
  if (Object.keys(variables).length === 0) return;
  const state = v.safeParse(State, await readJson(statePath(prefix)));
  const own = state.success ? state.output : { env_vars: {} };
  const text = JSON.stringify({ ...own, env_vars: { ...own.env_vars, ...variables } });
  await writeFileAtomic(statePath(prefix), `${text}\n`);
}

/** The files in these folders, relative to the prefix. */
export async function activationFiles(prefix: string): Promise<string[]> {
  const files = await Promise.all(
    ACTIVATION_FOLDERS.map(async (folder) => (await namesIn(`${prefix}/${folder}`)).map((name) => `${folder}/${name}`)),
  );
  return files.flat();
}
