/**
 * Which name a package gets when nobody says: where the Python client put it, else its own runtime.yaml.
 * Tests: test/e2e/import.test.ts
 */
import type { Ctx } from "#core/context.ts";
import { SwError } from "#core/errors.ts";
import { parseSpec } from "#core/manifest/read-spec.ts";
import { readBlobText } from "#core/store/blobs.ts";
import type { Version } from "#core/store/versions.ts";
import { isName } from "#core/uri/names.ts";

/** @throws USAGE with the rule when it can be no name */
export function checkRuntimeName(name: string): string {
  if (isName(name)) return name;
  throw new SwError("USAGE", `${JSON.stringify(name)} can't be the name of a runtime`, {
    hint: "1 to 80 letters, digits, `_`, `.`, `-`, the first a letter or `_`.",
  });
}

/** @throws USAGE when nothing says one */
export async function packageName(ctx: Ctx, version: Version, file: string): Promise<string> {
  const name = await nameInPackage(ctx, version, file);
  if (name !== undefined) return name;
  throw new SwError("USAGE", "the package does not say how its runtime is called", { hint: "Name it: --name NAME" });
}

/** The same where nothing may say one. */
export const nameInPackage = async (ctx: Ctx, version: Version, file: string): Promise<string | undefined> =>
  nameOfFolder(file, version.id) ?? (await nameInside(ctx, version));

/** `…/runtime/<name>/<first 2>/<id>.swrt`: a build with `-n` has its name only there. */
function nameOfFolder(file: string, id: string): string | undefined {
  const parts = file.split("/");
  const [kind, name, prefix, base] = parts.slice(-4);
  const isTheirs = kind === "runtime" && prefix === id.slice(0, 2) && base === `${id}.swrt`;
  return isTheirs && name !== undefined && isName(name) ? name : undefined;
}

/** Another client's yaml may hold what our own reader refuses: then its name line is enough. */
async function nameInside(ctx: Ctx, version: Version): Promise<string | undefined> {
  const digest = version.entries.find((entry) => entry.path === "runtime.yaml")?.sha256;
  if (digest === undefined) return undefined;
  const text = await readBlobText(ctx, digest);
  const name = specName(text) ?? /^name:\s*["']?([A-Za-z0-9_.-]+)/m.exec(text)?.[1];
  return name !== undefined && isName(name) ? name : undefined;
}

function specName(text: string): string | undefined {
  try {
    return parseSpec(text, "runtime.yaml", "/").name;
  } catch (e) {
    if (!(e instanceof SwError)) throw e;
    return undefined;
  }
}
