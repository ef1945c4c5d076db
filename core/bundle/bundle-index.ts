/**
 * `bundle/index.json`: what a bundle carries and for which platforms. Format: docs/bundles.md.
 * Pure. Tests: test/e2e/bundle.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import { packageInvalid } from "#core/swrt/package-error.ts";

const FORMAT = 1;

const FileSchema = v.object({
  /** Below `bundle/`: `wheels/NAME`, `conda/SUBDIR/NAME`, `engine/NAME`. */
  path: v.pipe(v.string(), v.regex(/^(wheels|conda|engine)\/[^/]/)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** The platforms that need it. */
  for: v.array(v.string()),
});

const IndexSchema = v.object({
  format: v.number(),
  platforms: v.array(v.string()),
  files: v.array(FileSchema),
});

export type BundleFile = v.InferOutput<typeof FileSchema>;
export type BundleIndex = Omit<v.InferOutput<typeof IndexSchema>, "format">;

export const renderIndex = ({ platforms, files }: BundleIndex): string =>
  `${JSON.stringify({ format: FORMAT, platforms, files }, null, 1)}\n`;

/** @throws PACKAGE_INVALID, FORMAT_TOO_NEW */
export function parseIndex(text: string): BundleIndex {
  const json = parseJson(text);
  const format = v.safeParse(v.object({ format: v.number() }), json);
  if (format.success && format.output.format > FORMAT) {
    throw new SwError("FORMAT_TOO_NEW", `the bundle has format ${format.output.format}, this swcli reads ${FORMAT}`, {
      hint: "Use a newer swcli.",
    });
  }
  const parsed = v.safeParse(IndexSchema, json);
  if (parsed.success) return parsed.output;
  throw packageInvalid(`has a bundle index that can't be read: ${parsed.issues[0].message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw packageInvalid("has a bundle index that is not JSON");
  }
}
