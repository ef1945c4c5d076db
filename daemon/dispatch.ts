/**
 * One call: parse the parameters, run the handler, give its result. The same for the socket and for in-process mode.
 * Knows no transport. Tests: test/unit/daemon/dispatch.test.ts
 */
import * as v from "valibot";
import type { Ctx, Decisions } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { isMethod, METHODS, type MethodName, type ParsedParams } from "#core/protocol/methods.ts";
import type { ClientInfo } from "#core/protocol/wire.ts";
import type { Report } from "#core/report.ts";
import { requireFormat } from "#core/store/format.ts";
import { withLease } from "#core/store/leases.ts";
import { contextFor, type Host } from "#daemon/host.ts";
import { HANDLERS } from "#daemon/methods/table.ts";

export interface Call {
  method: string;
  params: unknown;
  client: ClientInfo;
  signal: AbortSignal;
  report: Report;
  /** Of a job that may be started again. */
  decided?: Decisions;
  /** Of a job; see `Ctx`. */
  takeTurn?: () => Promise<void>;
}

/** @throws USAGE for an unknown method or parameters that do not fit; otherwise what the handler throws. */
export async function dispatch(host: Host, call: Call): Promise<unknown> {
  const method = requireMethod(call.method);
  const params = parseParams(method, call.params);
  const ctx = contextFor(host, call.client, call);
  const handler = handlerOf(method);
  await requireFormat(ctx, METHODS[method].kind === "operation");
  if (METHODS[method].kind === "query") return await handler(ctx, params, host);
  return await withLease(ctx, (own) => handler(own, params, host));
}

export function requireMethod(name: string): MethodName {
  if (isMethod(name)) return name;
  throw new SwError("USAGE", `unknown method ${name}`, {
    hint: "Client and daemon differ; try `swcli daemon restart`.",
  });
}

/** @throws SwError USAGE that names the parameter */
export function parseParams<M extends MethodName>(method: M, params: unknown): ParsedParams<M> {
  const parsed = v.safeParse(METHODS[method].params, params);
  if (parsed.success) return parsed.output as ParsedParams<M>;
  const issue = parsed.issues[0];
  throw new SwError("USAGE", `${method}: ${v.getDotPath(issue) ?? "parameters"}: ${issue.message}`);
}

// The table is typed entry by entry; TypeScript can't follow one name through a union of functions.
const handlerOf = (method: MethodName) =>
  HANDLERS[method] as (ctx: Ctx, params: unknown, host: Host) => Promise<unknown>;
