/**
 * The variables that can change a result (a resolution, an install), by prefix or name: they are part of keys; the rest,
 * such as SHLVL, differs in every shell and is not.
 * Pure. Tests: test/unit/core/platform/result-env.test.ts
 */
import type { Env } from "#core/platform/env.ts";

const PREFIXES = ["UV_", "PIP_", "SW_", "SWCLI_", "CONDA_", "MAMBA_", "RATTLER_", "DOCKER_", "XDG_CONFIG_"];
const NAMES = new Set([
  "HOME",
  "PATH",
  "VIRTUAL_ENV",
  "PYENV_ROOT",
  "PYENV_VERSION",
  "NETRC",
  "CC",
  "CXX",
  "CFLAGS",
  "CUDA_HOME",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
]);

export const resultEnv = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => counts(entry[0]) && entry[1] !== undefined),
  );

// The process of the shell that asks: only who gets the note of a job's end depends on it.
const SHELL = "SWCLI_SHELL";

const counts = (key: string) =>
  key !== SHELL && (NAMES.has(key.toUpperCase()) || PREFIXES.some((prefix) => key.startsWith(prefix)));
