/**
 * Texts of a person's project on their way into a package: credentials in URLs stay behind, and the person is told.
 * Tests: test/unit/core/ops/clean-text.test.ts
 */
import { readFile, stat } from "node:fs/promises";
import type { Ctx } from "#core/context.ts";
import { hasCredentials, withoutCredentials } from "#core/manifest/credentials.ts";
import { SECRET_WARNING } from "#core/manifest/read-configs.ts";
import type { RuntimeSpec } from "#core/manifest/spec.ts";
import { collectPath, type Place, refuseEscape, textEntry } from "#core/ops/collect.ts";
import type { Entry } from "#core/store/versions.ts";

/** A runtime.yaml as it may be stored: its reader has warned of each secret that it knows the place of. */
export function cleanedYaml(ctx: Ctx, spec: RuntimeSpec): string {
  const told = spec.warnings.some((warning) => warning.endsWith(SECRET_WARNING));
  return told ? withoutCredentials(spec.text) : cleanedText(ctx, spec.label ?? "runtime.yaml", spec.text);
}

/** A text as it may be stored; warns when something had to go. */
export function cleanedText(ctx: Ctx, label: string, text: string): string {
  if (!hasCredentials(text)) return text;
  ctx.report.warn(
    `${label} holds a password or token in a URL; the package gets it without (write \${VARIABLE} in its place to keep it)`,
  );
  return withoutCredentials(text);
}

/** A requirement or conda file as an entry; the person's own file stays as it is, and its secret enters no store. */
export async function collectText(ctx: Ctx, spec: RuntimeSpec, place: Place): Promise<Entry[]> {
  const path = `${spec.dir}/${place.source}`;
  await refuseEscape(spec, place, path);
  const info = await stat(path);
  const text = info.isFile() ? await readFile(path, "utf8") : "";
  if (!hasCredentials(text)) return await collectPath(ctx, spec, place);
  const entry = await textEntry(ctx, place.target, cleanedText(ctx, place.source, text));
  return [{ ...entry, mode: info.mode & 0o111 ? 0o755 : 0o644 }];
}
