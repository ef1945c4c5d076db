/**
 * One solve: by the engine, or by the user's own program, whose answer the engine looks up.
 * Tests: test/e2e/build-conda.test.ts, test/e2e/conda-solver.test.ts
 */
import * as v from "valibot";
import type { ChannelNetwork } from "#core/conda/channel-network.ts";
import { openAddress, type Secrets } from "#core/conda/channel-secrets.ts";
import { specName } from "#core/conda/engine-error.ts";
import { type ForeignSolver, foreignSolve } from "#core/conda/foreign-solver.ts";
import type { Subdir, VirtualPackage } from "#core/conda/platform.ts";
import { type CondaRecord, CondaRecordSchema, cleanRecord } from "#core/conda/record.ts";
import { type Ctx, withCtx } from "#core/context.ts";
import { callRattler } from "#core/engines/rattler.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";

export interface Asked {
  readonly specs: readonly string[];
  /** Addresses without secrets, or names. */
  readonly channels: readonly string[];
  readonly platform: Subdir;
  readonly virtual: readonly VirtualPackage[];
  readonly priority: string;
}

export interface Asking {
  readonly solver: "rattler" | ForeignSolver;
  readonly asked: Asked;
  readonly access: { readonly secrets: Secrets; readonly network: ChannelNetwork };
  /** Of a lock that is there already. */
  readonly locked: readonly CondaRecord[];
  /** What is remembered of the channels does not count. */
  readonly fresh: boolean;
}

/** @throws EngineRefusal, SwError ENGINE_MISSING, ENGINE_FAILED, CANCELLED */
export async function askEngine(ctx: Ctx, asking: Asking): Promise<CondaRecord[]> {
  return asking.solver === "rattler"
    ? await engineSolve(ctx, asking)
    : await throughForeign(ctx, asking, asking.solver);
}

async function engineSolve(ctx: Ctx, { asked, access, locked, fresh }: Asking): Promise<CondaRecord[]> {
  const { secrets, network } = access;
  const way = { locked, logins: secrets.logins, mirrors: secrets.mirrors, insecure: network.insecure, fresh };
  const answer = await callRattler(ctx, { op: "solve", ...asked, ...way }, network);
  const records = v.parse(v.array(CondaRecordSchema), answer.records).map(cleanRecord);
  const bare = records.find(({ sha256, md5 }) => !sha256 && !md5);
  if (bare) throw new EngineRefusal("failed", `${bare.url}: its channel's index knows no hash of it`);
  return records;
}

async function throughForeign(ctx: Ctx, asking: Asking, solver: ForeignSolver): Promise<CondaRecord[]> {
  const { asked, access, fresh } = asking;
  // Before the specs become words of a command.
  await refuseOdd(ctx, asked.specs, access.network);
  const channels = asked.channels.map((channel) => openAddress(channel, access.secrets));
  const question = { ...asked, channels, logins: access.secrets.logins, fresh };
  const specs = await foreignSolve(withCtx(ctx, { env: access.network.env }), solver, question);
  try {
    return await engineSolve(ctx, { ...asking, asked: { ...asked, specs } });
  } catch (e) {
    if (!(e instanceof EngineRefusal) || e.kind !== "unsolvable") throw e;
    throw new EngineRefusal("failed", `${solver} chose what the channels do not have: ${e.message}`);
  }
}

async function refuseOdd(ctx: Ctx, specs: readonly string[], network: ChannelNetwork): Promise<void> {
  const nameless = specs.find((spec) => specName(spec) === "");
  if (nameless !== undefined) throw new EngineRefusal("BadSpec", `${nameless}\nit names no package`);
  await callRattler(ctx, { op: "read", specs }, network);
}
