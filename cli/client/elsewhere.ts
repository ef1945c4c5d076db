/**
 * Verbs that work here and on servers: what the daemon finds to be on a server is asked again as an operation, since it
 * needs the whole environment (proxies, certificates), takes its time and can be interrupted.
 * Tests: test/e2e/server-runtimes.test.ts
 */
import { SwError } from "#core/errors.ts";

export type Place<L, S> = { on: "here"; result: L } | { on: "server"; result: S };

export async function hereOrOnServer<L, S>(here: () => Promise<L>, onServer: () => Promise<S>): Promise<Place<L, S>> {
  try {
    return { on: "here", result: await here() };
  } catch (e) {
    if (!(e instanceof SwError) || e.code !== "ON_SERVER") throw e;
    return { on: "server", result: await onServer() };
  }
}
