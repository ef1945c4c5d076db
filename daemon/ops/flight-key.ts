/**
 * When two calls of an operation are the same work (contracts: method, parameters, real path of the inputs, and of the
 * environment only what changes a result). Tests: test/daemon/flight-key.test.ts
 */
import { realpath } from "node:fs/promises";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import type { MethodName } from "#core/protocol/methods.ts";
import type { CallBody } from "#core/protocol/wire.ts";

// Everything that a resolution reads from the environment, by prefix or name.
const PREFIXES = ["UV_", "PIP_", "SW_", "CONDA_", "MAMBA_", "RATTLER_", "DOCKER_"];
const NAMES = new Set([
  "HOME",
  "PATH",
  "SWCLI_UV",
  "VIRTUAL_ENV",
  "PYENV_ROOT",
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

export async function flightKey(method: MethodName, body: CallBody): Promise<string> {
  const env = Object.entries(body.client.env).filter(([key]) => counts(key));
  const cwd = await realpath(body.client.cwd).catch(() => body.client.cwd);
  return sha256Hex(canonicalJson({ method, params: body.params, cwd, env: Object.fromEntries(env) }));
}

const counts = (key: string) => NAMES.has(key.toUpperCase()) || PREFIXES.some((prefix) => key.startsWith(prefix));
