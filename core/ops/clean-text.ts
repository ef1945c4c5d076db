/**
 * Texts of a person's project on their way into a package: credentials in URLs stay behind, and the person is told.
 * Tests: test/unit/core/ops/clean-text.test.ts
 */
import { readFile, stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { withoutChannelSecrets, withoutCredentials } from "#core/manifest/credentials.ts";
import { SECRET_WARNING } from "#core/manifest/read-configs.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { collectPath, type Place, refuseEscape, textEntry } from "#core/ops/collect.ts";
import type { Entry } from "#core/store/versions.ts";

/** A runtime.yaml as it may be stored: its reader has warned of each secret that it knows the place of. */
export function cleanedYaml(ctx: Ctx, spec: RuntimeSpec): string {
  const clean = withoutCredentials(
    channelTexts(spec).reduce((text, one) => text.replaceAll(one, withoutChannelSecrets(one)), spec.text),
  );
  const told = spec.warnings.some((warning) => warning.endsWith(SECRET_WARNING));
  if (clean !== spec.text && !told) warn(ctx, spec.label ?? "runtime.yaml");
  return clean;
}

/** What names channels by their addresses. */
function channelTexts({ configs: { conda }, dependencies }: RuntimeSpec): string[] {
  const items = dependencies.flatMap((d) => (d.kind === "conda_pkg" ? d.items.map(({ text }) => text) : []));
  return [...conda.channels, ...items, ...textsIn(conda.condarc)].filter((text) => text.includes("://"));
}

const textsIn = (value: unknown): string[] =>
  typeof value === "string" ? [value] : typeof value === "object" && value ? Object.values(value).flatMap(textsIn) : [];

const warn = (ctx: Ctx, label: string) =>
  ctx.report.warn(
    `${label} holds a password or token in a URL; the package gets it without (write \${VARIABLE} in its place to keep it)`,
  );

/** A requirement or conda file as an entry; the person's own file stays as it is, and its secret enters no store. */
export async function collectText(ctx: Ctx, spec: RuntimeSpec, place: Place, ofConda = false): Promise<Entry[]> {
  const path = `${spec.dir}/${place.source}`;
  await refuseEscape(spec, place, path);
  const info = await stat(path);
  const text = info.isFile() ? await readFile(path, "utf8") : "";
  const clean = ofConda ? withoutChannelSecrets(text) : withoutCredentials(text);
  if (clean === text) return await collectPath(ctx, spec, place);
  warn(ctx, place.source);
  const entry = await textEntry(ctx, place.target, clean);
  return [{ ...entry, mode: info.mode & 0o111 ? 0o755 : 0o644 }];
}
