/** Versions packed from a runtime.yaml without a lock: nothing is asked of an index. */
import { readSpec } from "#core/manifest/read-spec.ts";
import { collectInputs } from "#core/ops/build-inputs.ts";
import { textEntry } from "#core/ops/collect.ts";
import { packVersion } from "#core/ops/pack-version.ts";
import type { Version } from "#core/store/versions.ts";
import type { StoreHome } from "../store/store-home.ts";

type Home = Pick<StoreHome, "dir" | "ctx" | "write">;
type Files = Readonly<Record<string, string | Uint8Array>>;

/** @param files by path; the yaml among them. */
export async function packProject(home: Home, files: Files): Promise<Version> {
  for (const [path, content] of Object.entries(files)) await home.write(`project/${path}`, content);
  const spec = await readSpec(home.ctx, `${home.dir}/project/runtime.yaml`);
  return await packVersion(home.ctx, await collectInputs(home.ctx, spec, { lock: false, cache: true }));
}

/** The same with lock files in it, as a build with a lock makes it. */
export async function packLocked(home: Home, files: Files, locks: Readonly<Record<string, string>>): Promise<Version> {
  for (const [path, content] of Object.entries(files)) await home.write(`project/${path}`, content);
  const spec = await readSpec(home.ctx, `${home.dir}/project/runtime.yaml`);
  const inputs = await collectInputs(home.ctx, spec, { lock: false, cache: true });
  const texts = Object.entries(locks).map(([path, text]) => textEntry(home.ctx, `dependencies/${path}`, text));
  const entries = [...inputs.entries, ...(await Promise.all(texts))];
  return await packVersion(home.ctx, { ...inputs, entries, lockFiles: Object.keys(locks) });
}
