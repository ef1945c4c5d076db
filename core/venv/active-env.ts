/**
 * The environment that is active in the client's shell, by its variables alone. Pure but for looking at folders.
 * Tests: test/unit/core/venv/active-env.test.ts
 */

import { SwError } from "#core/errors.ts";
import type { Env } from "#core/platform/env.ts";

export interface ActiveEnv {
  kind: "venv" | "conda";
  prefix: string;
  /** Of a runtime that is active, else CONDA_DEFAULT_ENV, where it is a name. */
  name: string | undefined;
  /** One line, when there was a choice. */
  said: string | undefined;
}

/** @throws SwError ENV_NOT_FOUND when none is active */
export function activeEnv(env: Env): ActiveEnv {
  const venv = env.VIRTUAL_ENV ? withoutSlash(env.VIRTUAL_ENV) : undefined;
  const conda = env.CONDA_PREFIX ? withoutSlash(env.CONDA_PREFIX) : undefined;
  if (venv === undefined && conda === undefined) throw noneActive();
  if (venv !== undefined && conda !== undefined) return firstOnPath(env, venv, conda);
  if (venv !== undefined) return { kind: "venv", prefix: venv, name: runtimeName(env, venv), said: undefined };
  return { kind: "conda", prefix: conda ?? "", name: condaName(env), said: undefined };
}

function firstOnPath(env: Env, venv: string, conda: string): ActiveEnv {
  const entries = (env.PATH ?? "").split(":").map(withoutSlash);
  const place = (prefix: string) => entries.indexOf(`${prefix}/bin`) >>> 0;
  const isVenv = place(venv) <= place(conda);
  const [own, other] = isVenv ? [venv, conda] : [conda, venv];
  const said = `both ${venv} and ${conda} are active; ${own} comes first on PATH and is used, ${other} is not`;
  return isVenv
    ? { kind: "venv", prefix: own, name: runtimeName(env, own), said }
    : { kind: "conda", prefix: own, name: condaName(env), said };
}

/** The folder of a runtime's environment is named by a key. */
const runtimeName = (env: Env, prefix: string) =>
  env.SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL === prefix
    ? /\/runtime\/([^/]+)/.exec(env.SW_ACTIVATED_RUNTIME_URI_IN_SHELL ?? "")?.[1]
    : undefined;

/** conda puts the whole path there for environments without a name. */
const condaName = (env: Env) =>
  env.CONDA_DEFAULT_ENV && !env.CONDA_DEFAULT_ENV.includes("/") ? env.CONDA_DEFAULT_ENV : undefined;

const withoutSlash = (path: string) => (path.length > 1 ? path.replace(/\/+$/, "") : path);

const noneActive = () =>
  new SwError("ENV_NOT_FOUND", "no environment is active in this shell: VIRTUAL_ENV and CONDA_PREFIX are not set", {
    hint: "Activate one first, or name it: `build` takes --venv, --conda and --conda-prefix, `lock` --env-name and --env-prefix-path.",
  });
