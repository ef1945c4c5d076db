/** What tagging, removing and recovering say. */
import type { Out } from "#cli/output/out.ts";
import { shortVersion } from "#cli/output/views/format.ts";
import { table } from "#cli/output/views/table.ts";
import type { ResultOf } from "#core/protocol/methods.ts";

export function tagsView({ tags }: ResultOf<"runtime.tag">, out: Out): string {
  const columns = [
    { title: "TAG", cell: (row: (typeof tags)[number]) => row.tag },
    { title: "VERSION", cell: (row: (typeof tags)[number]) => shortVersion(row.version) },
  ];
  return table(tags, columns, { paint: out.paint });
}

export function removedView({ name, removed, permanent, latest }: ResultOf<"runtime.remove">): string {
  const lines = removed.map((one) => `removed ${describe(name, one)}`);
  const next = latest === null ? "no version of it is live now" : `latest is ${shortVersion(latest)}`;
  const back = permanent ? "" : `; recover with: swcli runtime recover ${name}`;
  return [...lines, `${next}${back}`].join("\n");
}

export function recoveredView({ name, recovered, latest }: ResultOf<"runtime.recover">): string {
  const lines = recovered.map((one) => `recovered ${describe(name, one)}`);
  return [...lines, `latest is ${shortVersion(latest ?? "")}`].join("\n");
}

const describe = (name: string, { version, tags }: { version: string; tags: string[] }) =>
  `${name}/version/${shortVersion(version)}${tags.length > 0 ? ` (${tags.join(", ")})` : ""}`;
