/**
 * Jupyter kernels that start in a runtime: a kernelspec whose command is `swcli runtime run`, so that it follows the runtime.
 * Ours are known by their metadata; no other is touched. Tests: test/e2e/kernel.test.ts
 */
import * as v from "valibot";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { lockDistributions } from "#core/ops/kernel-lock.ts";
import { localTarget, resolveLocal } from "#core/ops/target.ts";
import { namesIn } from "#core/platform/folder.ts";
import { readTextIfAny, removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { homeDir } from "#core/platform/paths.ts";

const SpecSchema = v.looseObject({
  display_name: v.string(),
  metadata: v.looseObject({ swcli: v.looseObject({ uri: v.string() }) }),
});

export interface Kernel {
  name: string;
  display_name: string;
  uri: string;
  path: string;
}

export interface KernelParams {
  uri: string;
  /** What notebooks show; the runtime's name otherwise. */
  display_name?: string;
  /** The binary that the kernel is started with. */
  swcli: string;
}

/** Where Jupyter looks first. */
function kernelsDir(ctx: Ctx): string {
  const { JUPYTER_DATA_DIR: own, XDG_DATA_HOME: data } = ctx.env;
  if (own) return `${own}/kernels`;
  if (process.platform === "darwin") return `${homeDir(ctx.env)}/Library/Jupyter/kernels`;
  return `${data || `${homeDir(ctx.env)}/.local/share`}/jupyter/kernels`;
}

/** Writing it again is fine. @throws RUNTIME_NOT_FOUND … */
export async function addKernel(ctx: Ctx, { uri, display_name, swcli }: KernelParams): Promise<Kernel> {
  const { ref, version } = await resolveLocal(ctx, uri);
  if (!(await lockDistributions(ctx, version.id)).includes("ipykernel")) {
    ctx.report.warn(`${ref.name} holds no ipykernel: add it to the runtime's requirements, or the kernel can't start`);
  }
  const { version: asked } = await localTarget(ctx, uri);
  const name = kernelName(ref.project, ref.name, asked);
  // With no version the kernel follows `latest`.
  const lasting = `local/project/${ref.project}/runtime/${ref.name}${asked === "" ? "" : `/version/${asked}`}`;
  const spec = {
    argv: [swcli, "runtime", "run", lasting, "--", "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    display_name: display_name || `${ref.name}${asked === "" ? "" : ` ${asked}`} (swcli)`,
    language: "python",
    interrupt_mode: "signal",
    metadata: { swcli: { uri: lasting }, debugger: true },
  };
  const path = `${kernelsDir(ctx)}/${name}`;
  await writeFileAtomic(`${path}/kernel.json`, `${JSON.stringify(spec, null, 1)}\n`);
  return { name, display_name: spec.display_name, uri: lasting, path };
}

/** Jupyter allows letters, digits, `-`, `.` and `_`, and takes case as nothing. */
const kernelName = (project: string, name: string, version: string): string =>
  ["swcli", project, name, ...(version === "" ? [] : [version.slice(0, 12)])].join("-").toLowerCase();

export async function listKernels(ctx: Ctx): Promise<Kernel[]> {
  const dir = kernelsDir(ctx);
  const names = await namesIn(dir);
  const kernels = await Promise.all(names.map((name) => readKernel(dir, name)));
  return kernels.filter((kernel) => kernel !== undefined);
}

async function readKernel(dir: string, name: string): Promise<Kernel | undefined> {
  const text = await readTextIfAny(`${dir}/${name}/kernel.json`);
  if (text === undefined) return undefined;
  try {
    const parsed = v.safeParse(SpecSchema, JSON.parse(text));
    if (!parsed.success) return undefined;
    const { display_name, metadata } = parsed.output;
    return { name, display_name, uri: metadata.swcli.uri, path: `${dir}/${name}` };
  } catch {
    // Somebody else's, and broken.
    return undefined;
  }
}

/** By the kernel's name or the URI of its runtime. @throws FILE_NOT_FOUND */
export async function removeKernel(ctx: Ctx, { kernel }: { kernel: string }): Promise<Kernel> {
  const all = await listKernels(ctx);
  const uri = all.some(({ name }) => name === kernel) ? "" : await lastingUri(ctx, kernel);
  const found = all.find((one) => one.name === kernel || one.uri === uri);
  if (!found) {
    throw new SwError("FILE_NOT_FOUND", `no kernel of ours named ${kernel}`, {
      hint: "See: swcli runtime kernel list",
    });
  }
  await removeTree(found.path);
  return found;
}

async function lastingUri(ctx: Ctx, uri: string): Promise<string> {
  const { project, name, version } = await localTarget(ctx, uri);
  return `local/project/${project}/runtime/${name}${version === "" ? "" : `/version/${version}`}`;
}
