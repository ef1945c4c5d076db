/** What a handler of a method is, and the type of the table that has one for each method. Types only. */
import type { Ctx } from "#core/context.ts";
import type { MethodName, ParsedParams, ResultOf } from "#core/protocol/methods.ts";
import type { Host } from "#daemon/host.ts";

/** Few handlers need more than the context: those of jobs act on the process. */
type Handler<M extends MethodName> = (ctx: Ctx, params: ParsedParams<M>, host: Host) => Promise<ResultOf<M>>;

export type Handlers = { [M in MethodName]: Handler<M> };
