/**
 * Jupyter kernels that start in a runtime: a kernelspec whose command is `swcli runtime run`, so that it follows the runtime.
 * Tests: test/e2e/kernel.test.ts
 */
import { existsSync } from "node:fs";
import { resolve } from "pathe";
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { lockDistributions } from "#core/ops/kernel-lock.ts";
import { type Kernel, kernelsDir, listKernels } from "#core/ops/kernel-specs.ts";
import { localTarget, resolveLocal } from "#core/ops/target.ts";
import { canonicalJson, sha256Hex } from "#core/platform/digest.ts";
import { withFileLock } from "#core/platform/file-lock.ts";
import { removeTree, writeFileAtomic } from "#core/platform/fs-atomic.ts";
import { formatUri, type LocalRuntime } from "#core/uri/uri.ts";

export interface KernelParams {
  uri: string;
  /** What notebooks show; the runtime's name otherwise. */
  display_name?: string;
  /** The binary that the kernel is started with. */
  swcli: string;
}

/** Writing it again is fine. @throws RUNTIME_NOT_FOUND … */
export async function addKernel(ctx: Ctx, { uri, display_name, swcli }: KernelParams): Promise<Kernel> {
  const { ref, version } = await resolveLocal(ctx, uri);
  if (!(await lockDistributions(ctx, version.id)).includes("ipykernel")) {
    ctx.report.warn(`${ref.name} holds no ipykernel: add it to the runtime's requirements, or the kernel can't start`);
  }
  // With no version in it the kernel follows `latest`.
  const target = await localTarget(ctx, uri);
  const shown = display_name || `${[target.name, target.version].filter(Boolean).join(" ")} (swcli)`;
  return await withFileLock(`${ctx.paths.locks}.kernels.lock`, ctx.signal, async () => {
    const kernel = { ...(await placeOf(ctx, target)), display_name: shown };
    await writeFileAtomic(`${kernel.path}/kernel.json`, `${JSON.stringify(specOf(kernel, swcli), null, 1)}\n`);
    return kernel;
  });
}

const specOf = ({ uri, display_name, env }: Kernel, swcli: string) => ({
  argv: [swcli, "runtime", "run", uri, "--", "python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
  display_name,
  language: "python",
  interrupt_mode: "signal",
  env,
  metadata: { swcli: { uri }, debugger: true },
});

/**
 * Where the kernel of a runtime is, or will be. Several runtimes can lead to one name (`a-b`/`c` and `a`/`b-c`, or another
 * store's): who comes later has a digest in it.
 * @throws EXISTS
 */
async function placeOf(ctx: Ctx, target: LocalRuntime): Promise<Omit<Kernel, "display_name">> {
  const same = { uri: formatUri(target), env: kernelEnv(ctx) };
  const there = (await listKernels(ctx)).find((one) => isSame(one, same));
  if (there) return there;
  const plain = kernelName(target);
  const name = [plain, `${plain}-${sha256Hex(canonicalJson(same)).slice(0, 8)}`].find((one) => isFree(ctx, one));
  if (name !== undefined) return { ...same, name, path: `${kernelsDir(ctx)}/${name}` };
  throw new SwError("EXISTS", `${kernelsDir(ctx)}/${plain} is a kernel of something else`, {
    hint: "Remove it with `jupyter kernelspec remove`.",
  });
}

const isFree = (ctx: Ctx, name: string): boolean => !existsSync(`${kernelsDir(ctx)}/${name}/kernel.json`);

type Identity = Pick<Kernel, "uri" | "env">;

const isSame = (a: Identity, b: Identity): boolean => a.uri === b.uri && canonicalJson(a.env) === canonicalJson(b.env);

/** Jupyter's own environment may lack what said where the runtime is. */
function kernelEnv(ctx: Ctx): Record<string, string> {
  const { SW_LOCAL_STORAGE: storage, SW_CLI_CONFIG: config } = ctx.env;
  return {
    ...(storage ? { SW_LOCAL_STORAGE: ctx.paths.root } : {}),
    ...(config ? { SW_CLI_CONFIG: resolve(ctx.cwd, config) } : {}),
  };
}

/** Jupyter allows letters, digits, `-`, `.` and `_`, and takes case as nothing. */
const kernelName = ({ project, name, version }: LocalRuntime): string =>
  ["swcli", project, name, ...(version === "" ? [] : [version.slice(0, 12)])].join("-").toLowerCase();

/** By the kernel's name or the URI of its runtime. @throws FILE_NOT_FOUND */
export async function removeKernel(ctx: Ctx, { kernel }: { kernel: string }): Promise<Kernel> {
  const all = await listKernels(ctx);
  const found = all.find(({ name }) => name === kernel) ?? (await kernelOfRuntime(ctx, all, kernel));
  if (!found) {
    throw new SwError("FILE_NOT_FOUND", `no kernel of ours named ${kernel}`, {
      hint: "See: swcli runtime kernel list",
    });
  }
  await removeTree(found.path);
  return found;
}

async function kernelOfRuntime(ctx: Ctx, all: readonly Kernel[], uri: string): Promise<Kernel | undefined> {
  const same = { uri: formatUri(await localTarget(ctx, uri)), env: kernelEnv(ctx) };
  return all.find((one) => isSame(one, same));
}
