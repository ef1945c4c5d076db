/** A context on a store of its own, for tests of core in this process; two of them on one root are two processes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ctx } from "#core/context.ts";
import { silentReport } from "#core/report.ts";
import { contextFor, createHost } from "#daemon/host.ts";

export interface StoreCtx extends AsyncDisposable {
  readonly ctx: Ctx;
  /** Another process on the same store: nothing is remembered in common. */
  other(): Ctx;
}

export async function storeCtx(): Promise<StoreCtx> {
  const root = await mkdtemp(join(tmpdir(), "sw-store-"));
  const make = (): Ctx => {
    const host = createHost({ root, locks: `${root}/locks`, longLived: true, background() {} });
    const call = { signal: new AbortController().signal, report: silentReport };
    return contextFor(host, { cwd: root, env: { HOME: root } }, call);
  };
  return { ctx: make(), other: make, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
