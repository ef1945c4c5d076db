/**
 * Conda solutions that others made, from the shared cache. A digest shows that an entry is whole, not that its writer meant
 * well: the engine holds it against the channels and specs that were asked for.
 * Tests: test/e2e/shared-cache.test.ts
 */
import * as v from "valibot";
import { type CondaRecord, CondaRecordSchema, cleanRecord } from "#core/conda/record.ts";
import type { Ctx } from "#core/context.ts";
import { callRattler } from "#core/engines/rattler.ts";
import { EngineRefusal } from "#core/engines/rattler-worker.ts";
import { readShared, writeShared } from "#core/store/shared-cache.ts";

export interface CondaQuestion {
  key: string;
  channels: readonly string[];
  specs: readonly string[];
  subdir: string;
}

const Solution = v.strictObject({ records: v.array(CondaRecordSchema) });

/** The packages that somebody else's solve gave, where they stand up to the check. */
export async function readSharedSolution(ctx: Ctx, question: CondaQuestion): Promise<CondaRecord[] | undefined> {
  if (!isShareable(question)) return undefined;
  const found = await readShared(ctx, sharedKey(question));
  if (found === undefined) return undefined;
  const parsed = v.safeParse(Solution, found);
  const refusal = parsed.success ? await refusalOf(ctx, question, parsed.output.records) : "it has another shape";
  if (refusal === undefined && parsed.success) return parsed.output.records.map(cleanRecord);
  ctx.report.warn(`a conda solution of the shared cache is not used: ${refusal}`);
  return undefined;
}

/** That there is no solution is not shared: nobody could check it. */
export async function writeSharedSolution(ctx: Ctx, question: CondaQuestion, records: CondaRecord[]): Promise<void> {
  if (isShareable(question)) await writeShared(ctx, sharedKey(question), { records });
}

const sharedKey = ({ key }: CondaQuestion) => `conda:${key}`;

/** A channel in a folder is another one on another machine. */
const isShareable = ({ channels }: CondaQuestion) => !channels.some((channel) => channel.startsWith("file:"));

async function refusalOf(
  ctx: Ctx,
  { channels, specs, subdir }: CondaQuestion,
  records: readonly CondaRecord[],
): Promise<string | undefined> {
  const bare = records.find(({ sha256, md5 }) => sha256 === undefined && md5 === undefined);
  if (bare) return `${bare.name} has no hash`;
  const request = { op: "check" as const, channels: [...channels], specs: [...specs], platform: subdir };
  try {
    const { refusal } = await callRattler(ctx, { ...request, records });
    return typeof refusal === "string" ? refusal : undefined;
  } catch (e) {
    if (!(e instanceof EngineRefusal)) throw e;
    return "the conda engine can't read it";
  }
}
