/**
 * Whether two packages of one version hold the same, told from their manifests. Tests: test/unit/core/transfer/same-content.test.ts
 */
import { SwError } from "#core/errors.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";

/**
 * Versions of ours are named by their content, and two manifests of one version differ only in when and by whom they were
 * made; the Python client's ids are random, so there the texts decide.
 */
export function sameContent(ours: string, theirs: string | undefined): boolean {
  if (theirs === undefined) return false;
  if (ours === theirs) return true;
  const [a, b] = [identity(ours), identity(theirs)];
  return a !== undefined && a === b;
}

function identity(text: string): string | undefined {
  try {
    const manifest = parseManifest(text);
    return manifest.swcli === undefined ? undefined : manifest.version;
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    return undefined;
  }
}
