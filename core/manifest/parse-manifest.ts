/**
 * Reads the `_manifest.yaml` of a package, ours or the Python client's, from anywhere: nothing in it is trusted.
 * Owns: the way from text to a checked manifest, and from that to dependencies. The shape is in manifest-schema.ts.
 * Tests: test/unit/core/manifest/parse-manifest.test.ts
 */
import * as v from "valibot";
import { SwError } from "#core/errors.ts";
import {
  isInside,
  MANIFEST_FORMAT,
  type PackageManifest,
  PackageManifestSchema,
  type RawDependency,
} from "#core/manifest/manifest-schema.ts";
import type { At, Dependency, FileItem } from "#core/manifest/spec.ts";
import { dataOf, rootField } from "#core/manifest/yaml-field.ts";
import { openSource, throwProblems } from "#core/manifest/yaml-source.ts";

/**
 * Missing keys of older writers get their defaults, unknown ones of newer writers are kept.
 * @throws SwError PACKAGE_INVALID, or FORMAT_TOO_NEW when only a newer swcli can read it.
 */
export function parseManifest(text: string): PackageManifest {
  const data = readData(text);
  refuseNewer(data);
  const result = v.safeParse(PackageManifestSchema, data);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? "the manifest";
  throw invalid(`${path}: ${issue.message}`);
}

/**
 * What a package's runtime is made of, in order; of very old packages, which have flat lists only, in the usual order.
 * @throws SwError PACKAGE_INVALID for a path that leads out of the package.
 */
export function manifestDependencies(manifest: PackageManifest): Dependency[] {
  return (manifest.dependencies.raw_deps ?? flatDependencies(manifest)).flatMap((raw) => toDependency(raw) ?? []);
}

function readData(text: string): unknown {
  try {
    const source = openSource(text, "_manifest.yaml");
    const data = dataOf(rootField(source));
    throwProblems(source);
    return data;
  } catch (e) {
    if (e instanceof SwError && e.code.startsWith("MANIFEST_")) throw invalid(e.message, e);
    throw e;
  }
}

const Newer = v.looseObject({ swcli: v.looseObject({ format: v.pipe(v.number(), v.gtValue(MANIFEST_FORMAT)) }) });

function refuseNewer(data: unknown): void {
  if (!v.is(Newer, data)) return;
  throw new SwError(
    "FORMAT_TOO_NEW",
    `the package has format ${data.swcli.format}, this swcli reads ${MANIFEST_FORMAT}`,
    {
      hint: "Use a newer swcli.",
    },
  );
}

function flatDependencies({ dependencies, artifacts }: PackageManifest): RawDependency[] {
  const { conda_files, conda_pkgs, pip_files, pip_pkgs } = dependencies;
  const lists: RawDependency[] = [
    ...conda_files.map((deps) => ({ kind: "conda_env_file", deps })),
    { kind: "conda_pkg", deps: conda_pkgs },
    ...pip_files.map((deps) => ({ kind: "pip_req_file", deps })),
    { kind: "pip_pkg", deps: pip_pkgs },
    { kind: "wheel", deps: artifacts.wheels.map((path) => path.replace(/^wheels\//, "")) },
    { kind: "native_file", deps: artifacts.files },
  ];
  return lists.filter(({ deps }) => deps.length > 0);
}

/** A kind that we don't know comes from a newer client, which marks what can't be left out by its format. */
function toDependency({ kind, deps }: RawDependency): Dependency | undefined {
  const list = Array.isArray(deps) ? deps : [deps];
  const texts = list.filter((dep) => typeof dep === "string");
  const items = texts.map((text) => ({ text, at: NOWHERE }));
  if (kind === "pip_pkg" || kind === "conda_pkg" || kind === "command") return { kind, items, at: NOWHERE };
  if (kind === "wheel")
    return { kind, items: items.map((item) => ({ ...item, text: inside(item.text) })), at: NOWHERE };
  if (kind === "pip_req_file" || kind === "conda_env_file") return { kind, path: inside(texts[0] ?? ""), at: NOWHERE };
  if (kind !== "native_file") return undefined;
  const files = list.filter((dep) => typeof dep !== "string");
  return { kind, items: files.map(toFile), at: NOWHERE };
}

// There is no yaml of a person to point into.
const NOWHERE: At = { line: 0, column: 0 };

/** `dest` may be absolute: inside an image it means what it says; on a host the environment refuses it. */
function toFile({ src, dest, ...extra }: Record<string, unknown>): FileItem {
  if (typeof src !== "string" || typeof dest !== "string") throw invalid("a file without src or dest");
  return { src: inside(src), dest, extra, at: NOWHERE };
}

function inside(path: string): string {
  if (!isInside(path)) throw invalid(`the path ${JSON.stringify(path)} leads out of the package`);
  return path;
}

const invalid = (what: string, cause?: unknown) =>
  new SwError("PACKAGE_INVALID", `the package's manifest can't be used: ${what}`, { cause });
