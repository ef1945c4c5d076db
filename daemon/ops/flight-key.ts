/**
 * When two calls of an operation are the same work (docs/disk.md, "Keys"). Tests: test/unit/daemon/ops/flight-key.test.ts
 */
import { realpath } from "node:fs/promises";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { resultEnv } from "#core/platform/result-env.ts";
import type { MethodName } from "#core/protocol/methods.ts";
import type { CallBody } from "#core/protocol/wire.ts";

export async function flightKey(method: MethodName, body: CallBody): Promise<string> {
  const cwd = await realpath(body.client.cwd).catch(() => body.client.cwd);
  return sha256Hex(canonicalJson({ method, params: body.params, cwd, env: resultEnv(body.client.env) }));
}
