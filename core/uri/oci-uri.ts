/**
 * `oci://HOST/REPOSITORY[:TAG][@DIGEST]`: a runtime in an image registry. Tests: test/unit/core/uri/copy-uri.test.ts
 */
import { invalidUri, screen } from "#core/uri/names.ts";

export interface OciUri {
  readonly kind: "oci";
  /** `host[:port]` */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:<hex>` */
  readonly digest: string | undefined;
}

/** `oci://HOST/REPOSITORY[:TAG][@sha256:HEX]`; undefined for another scheme. */
export function parseOciUri(text: string): OciUri | undefined {
  if (text.slice(0, OCI_SCHEME.length).toLowerCase() !== OCI_SCHEME) return undefined;
  screen(text);
  const [, host, repository, tag, digest] = OCI.exec(text.slice(OCI_SCHEME.length)) ?? [];
  if (host === undefined || repository === undefined || repository.length > 255) {
    throw invalidUri(text, "not oci://HOST/REPOSITORY[:TAG|@sha256:DIGEST]", "Repositories are in lower case.");
  }
  return { kind: "oci", host: host.toLowerCase(), repository, tag, digest };
}

const OCI_SCHEME = "oci://";
const HOST = String.raw`[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::\d{1,5})?`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*`;
const OCI = new RegExp(`^(${HOST})/(${PART}(?:/${PART})*)(?::(\\w[\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`);
