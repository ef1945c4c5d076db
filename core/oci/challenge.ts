/**
 * `WWW-Authenticate` as registries send it: which scheme they want and where tokens are had.
 * Pure. Tests: test/unit/core/oci/challenge.test.ts
 */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  readonly realm: string;
  readonly service: string;
  readonly scope: string;
}

/** The first challenge that we can answer; undefined for none. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const [, scheme = "", rest = ""] = /\b(bearer|basic)\b\s*(.*)/is.exec(header ?? "") ?? [];
  if (scheme === "") return undefined;
  const fields = new Map<string, string>();
  for (const [, key = "", quoted, plain] of rest.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)) {
    fields.set(key.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  return {
    scheme: scheme.toLowerCase(),
    realm: fields.get("realm") ?? "",
    service: fields.get("service") ?? "",
    scope: fields.get("scope") ?? "",
  };
}
