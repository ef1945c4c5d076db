/** "Ready, else make it and ask again": what activate, run and shellenv do first. */
import type { Client } from "#cli/client/client.ts";
import { SwError } from "#core/errors.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

type Ready = Extract<ResultOf<"runtime.activation">, { state: "ready" }>;

export async function awaitReady(client: Client, uri: string, options: { fresh?: boolean } = {}): Promise<Ready> {
  const first = await client.query("runtime.activation", { uri });
  if (first.state === "ready" && !options.fresh) return first;
  await client.call("env.prepare", { uri, fresh: options.fresh ?? false });
  const second = await client.query("runtime.activation", { uri });
  if (second.state === "ready") return second;
  throw new SwError("ENV_BUILD_FAILED", "the environment was made and is gone again", {
    hint: "Something removes it (a cleaner, another swcli?); repeat the command.",
  });
}
