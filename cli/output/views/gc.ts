/** What gc took, or would take. */
import { shortVersion, size } from "#cli/output/views/format.ts";
import type { ResultOf } from "#core/protocol/methods.ts";
import { amount } from "#core/report.ts";

export function gcView(result: ResultOf<"gc">): string {
  const { dry_run: dry, versions, blobs, leftovers, layers, environments, kept } = result;
  const foreign = versions.some((version) => version.foreign);
  return [
    ...versions.map((v) => `version ${v.project}/${v.name}/${shortVersion(v.version)}`),
    ...environments.map((env) => `environment ${env.prefix} (${env.why}, ${size(env.bytes)})`),
    blobs.count > 0 && `content ${amount(blobs.count, "file")} (${size(blobs.bytes)})`,
    layers.count > 0 && `cached layers of images ${amount(layers.count, "file")} (${size(layers.bytes)})`,
    leftovers.count > 0 && `leftovers of broken operations (${size(leftovers.bytes)})`,
    ...kept.map((env) => `kept ${env.prefix}: ${env.why}`),
    foreign && "packages of the Python client stay where they are",
    `${dry ? "would free" : "freed"} ${size(result.freed_bytes)}`,
  ]
    .filter((line) => line !== false)
    .join("\n");
}
