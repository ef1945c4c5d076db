/**
 * A list that was made is given again while everything it was made from stands: refs, config, markers, pointers.
 * Where packages of the Python client lie beside ours it is made anew each time. Tests: test/e2e/list.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { type ListParams, listRuntimes, type VersionRow } from "#core/ops/list-runtimes.ts";
import { localProject } from "#core/ops/target.ts";
import { configPath } from "#core/platform/paths.ts";
import { isSame, type Stamp, stampOf } from "#core/platform/stamp.ts";
import { readGeneration } from "#core/store/generation.ts";

interface Remembered {
  rows: VersionRow[];
  generation: string;
  /** Environments under way in this process. */
  flights: string;
  witnesses: [string, Stamp | undefined][];
}

export async function listRemembered(ctx: Ctx, params: ListParams): Promise<VersionRow[]> {
  const key = `list:${JSON.stringify([params, ctx.env.HOME, ctx.env.SW_CLI_CONFIG])}`;
  const known = ctx.memo.get<Remembered>(key);
  if (known && stands(ctx, known)) return known.rows;
  const before = await witnessesOf(ctx, params);
  const state = { generation: readGeneration(ctx), flights: flightsOf(ctx) };
  const rows = await listRuntimes(ctx, params);
  if (before) ctx.memo.set(key, { rows, ...state, witnesses: before } satisfies Remembered);
  return rows;
}

const flightsOf = (ctx: Ctx) => ctx.flights.keys.join();

function stands(ctx: Ctx, known: Remembered): boolean {
  if (known.generation !== readGeneration(ctx) || known.flights !== flightsOf(ctx)) return false;
  return known.witnesses.every(([path, stamp]) => {
    const now = stampOf(path);
    return stamp === undefined ? now === undefined : isSame(stamp, now);
  });
}

/** Taken before the list is made; undefined when something can change that no stamp shows. */
async function witnessesOf(ctx: Ctx, params: ListParams): Promise<[string, Stamp | undefined][] | undefined> {
  const { paths } = ctx;
  const project = await localProject(ctx, params.project).catch(() => undefined);
  if (project === undefined || stampOf(`${paths.root}/${project}/runtime`)) return undefined;
  const watched = [configPath(ctx.env), paths.refs, `${paths.refs}/${project}`, paths.envs, `${paths.cache}/pointers`];
  return [...watched, `${paths.store}/projects`, `${paths.root}/${project}/runtime`].map((path) => [
    path,
    stampOf(path),
  ]);
}
