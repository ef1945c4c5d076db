/**
 * The kernelspecs of ours among all that Jupyter finds: known by their metadata, so that no other is touched.
 * Tests: test/e2e/kernel.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny } from "#core/platform/fs-atomic.ts";
import { homeDir } from "#core/platform/paths.ts";

const SpecSchema = v.looseObject({
  display_name: v.string(),
  env: v.optional(v.record(v.string(), v.string()), {}),
  metadata: v.looseObject({ swcli: v.looseObject({ uri: v.string() }) }),
});

export interface Kernel {
  name: string;
  display_name: string;
  uri: string;
  path: string;
  /** The variables that it starts with: the store and the config that its URI is of, where they are not the usual ones. */
  env: Record<string, string>;
}

/** Where Jupyter looks first. */
export function kernelsDir(ctx: Ctx): string {
  const { JUPYTER_DATA_DIR: own, XDG_DATA_HOME: data } = ctx.env;
  if (own) return `${own}/kernels`;
  if (process.platform === "darwin") return `${homeDir(ctx.env)}/Library/Jupyter/kernels`;
  return `${data || `${homeDir(ctx.env)}/.local/share`}/jupyter/kernels`;
}

export async function listKernels(ctx: Ctx): Promise<Kernel[]> {
  const names = await namesIn(kernelsDir(ctx));
  const kernels = await Promise.all(names.map((name) => readKernel(ctx, name)));
  return kernels.filter((kernel) => kernel !== undefined);
}

async function readKernel(ctx: Ctx, name: string): Promise<Kernel | undefined> {
  const path = `${kernelsDir(ctx)}/${name}`;
  const text = await readTextIfAny(`${path}/kernel.json`);
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(SpecSchema, JSON.parse(text));
    if (!parsed.success) return undefined;
    const { display_name, env, metadata } = parsed.output;
    return { name, display_name, uri: metadata.swcli.uri, path, env };
  } catch {
    // Somebody else's, and broken.
    return undefined;
  }
}
