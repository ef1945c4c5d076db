/**
 * A manifest as text that every reader of yaml takes for the same values: PyYAML, the server's parser, ours.
 * Owns: quoting and order. Tests: test/unit/core/manifest/manifest-text.test.ts
 */
import { Document, type Scalar, type Tags, visit } from "yaml";
import type { PackageManifest } from "#core/manifest/manifest-schema.ts";

/** Block yaml with sorted keys; what a reader would not take for text is quoted, beyond ASCII is escaped. */
export function manifestText(manifest: PackageManifest): string {
  const types = { version: "1.1", customTags: withoutMerge } as const;
  const doc = new Document(manifest, { ...types, aliasDuplicateObjects: false, sortMapEntries: true });
  // The directive of the older version is implied for every reader and only looks strange.
  doc.directives = undefined;
  visit(doc, { Scalar: (_key, node) => void quote(node) });
  return escapeAll(doc.toString({ indentSeq: false, lineWidth: 0, singleQuote: true }));
}

/** The merge key's own writer would ignore that a text `<<` must be quoted. */
const withoutMerge = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:merge");

/** Words that our library writes plainly and PyYAML takes for merge keys, values of maps or document marks. */
const MISREAD = /^(=|<<|(---|\.\.\.)(\s.*)?)$/s;

/** A tab ends a plain word for PyYAML, and some other characters end its line. */
const NEEDS_ESCAPE = /[^\x20-\x7E\n]/;

function quote(node: Scalar): void {
  if (typeof node.value !== "string") return;
  if (NEEDS_ESCAPE.test(node.value)) node.type = "QUOTE_DOUBLE";
  else if (MISREAD.test(node.value)) node.type = "QUOTE_SINGLE";
}

/** All that is left beyond ASCII stands between double quotes by now. */
const escapeAll = (text: string) => text.replace(/[^\x00-\x7E]/gu, (char) => escaped(char.codePointAt(0) ?? 0));

function escaped(code: number): string {
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
