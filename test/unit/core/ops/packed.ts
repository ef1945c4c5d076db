/** Versions packed from a runtime.yaml without a lock: nothing is asked of an index. */
import { readSpec } from "#core/manifest/read-spec.ts";
import { collectInputs } from "#core/ops/build-inputs.ts";
import { packVersion } from "#core/ops/pack-version.ts";
import type { Version } from "#core/store/versions.ts";
import type { StoreHome } from "../store/store-home.ts";

/** @param files by path; the yaml among them. */
export async function packProject(home: StoreHome, files: Readonly<Record<string, string>>): Promise<Version> {
  for (const [path, content] of Object.entries(files)) await home.write(`project/${path}`, content);
  const spec = await readSpec(home.ctx, `${home.dir}/project/runtime.yaml`);
  return await packVersion(home.ctx, await collectInputs(home.ctx, spec, { lock: false, cache: true }));
}
