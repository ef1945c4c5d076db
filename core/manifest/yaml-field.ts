/**
 * One value of a yaml file with its path and place, and the ways to read it: text, list, map, data.
 * Owns: type errors, absent values, merge keys, unknown keys. Must not know which keys exist.
 * Tests: test/unit/core/manifest/yaml-field.test.ts
 */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import type { ErrorCode } from "#core/errors.ts";
import { closest } from "#core/manifest/did-you-mean.ts";
import type { Span } from "#core/manifest/spec-error.ts";
import { follow, spanOf, TOO_DEEP, type YamlSource } from "#core/manifest/yaml-source.ts";

export interface Field {
  readonly source: YamlSource;
  /** As people write it: `environment.python`, `dependencies[2].pip`. */
  readonly path: string;
  readonly node: Node | null;
  readonly at: Span;
  /** Where the key stands; the value's own place for list items. */
  readonly keyAt: Span;
}

export type Fields = ReadonlyMap<string, Field>;

/** The whole document as a field. */
export function rootField(source: YamlSource): Field {
  const node = source.doc.contents;
  const at = node ? spanOf(source, node) : { line: 1, column: 1, width: 1 };
  return { source, path: "", node: follow(source, node), at, keyAt: at };
}

/** No value, `null`, `~` and empty text all mean that the key was not given. */
export function isAbsent(field: Field | undefined): boolean {
  if (!field?.node) return true;
  if (!isScalar(field.node)) return false;
  const text = String(field.node.value ?? "");
  return text === "" || (field.node.type === "PLAIN" && /^(null|Null|NULL|~)$/.test(text));
}

/** The text of a scalar as written; undefined when absent or, with a problem noted, of another type. */
export function textOf(field: Field | undefined): string | undefined {
  if (!field || isAbsent(field)) return undefined;
  if (isScalar(field.node)) return String(field.node.value);
  wrongType(field, "text");
  return undefined;
}

/** The items of a list that are not absent; undefined when absent or of another type. */
export function itemsOf(field: Field | undefined, hint?: string): Field[] | undefined {
  if (!field || isAbsent(field)) return undefined;
  if (isSeq(field.node)) return seqItems(field, field.node).filter((item) => !isAbsent(item));
  wrongType(field, "a list", hint);
  return undefined;
}

/** Text, or a list of texts, as a list. */
export function textsOf(field: Field | undefined): Field[] {
  if (!field || isAbsent(field)) return [];
  return isScalar(field.node) ? [field] : (itemsOf(field) ?? []);
}

/** The keys of a map; an empty map when absent or of another type. */
export function fieldsOf(field: Field | undefined): Fields {
  if (!field || isAbsent(field)) return new Map();
  if (isMap(field.node)) return mapFields(field, field.node);
  wrongType(field, "a map of keys and values");
  return new Map();
}

/** Any value as plain data, with the types that yaml gives to plain scalars (booleans, numbers, null). */
export function dataOf(field: Field, depth = 0): unknown {
  const { node } = field;
  if (depth > MAX_DEPTH) {
    problem(field, "MANIFEST_SYNTAX", { message: TOO_DEEP });
    return null;
  }
  if (isMap(node)) return recordOf(field, depth);
  if (isSeq(node)) return seqItems(field, node).map((item) => dataOf(item, depth + 1));
  if (!isScalar(node)) return null;
  const text = String(node.value ?? "");
  return node.type === "PLAIN" ? plainValue(text) : text;
}

/** A map as plain data; empty when absent. */
export const recordOf = (field: Field | undefined, depth = 0): Record<string, unknown> =>
  Object.fromEntries([...fieldsOf(field)].map(([key, value]) => [key, dataOf(value, depth + 1)]));

// Whoever writes or compares the data later recurses too.
const MAX_DEPTH = 64;

/** What yaml's usual rules make of an unquoted word; `0755` and `3.10` would lose digits and stay text. */
export function plainValue(text: string): string | number | boolean | null {
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  const number = /^[-+]?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return String(number) === text ? number : text;
}

/** Notes a problem at the field's value. */
export function problem(field: Field, code: ErrorCode, words: { message: string; hint?: string }): void {
  field.source.problems.push({ code, at: field.at, ...words });
}

/** Notes something that the person should know, at the field's key. */
export function warnAt(field: Field, message: string): void {
  field.source.warnings.push({ at: field.keyAt, message });
}

/** Warns of every key that nobody reads. */
export function warnUnknown(fields: Fields, known: readonly string[]): void {
  for (const [key, field] of fields) {
    if (known.includes(key)) continue;
    const guess = closest(key, known);
    warnAt(field, `unknown key ${field.path} is ignored${guess ? `; did you mean ${guess}?` : ""}`);
  }
}

function wrongType(field: Field, wanted: string, hint?: string): void {
  const what = field.path || "the file";
  problem(field, "MANIFEST_TYPE", { message: `${what} must be ${wanted}, not ${kindOf(field.node)}`, hint });
}

function kindOf(node: Node | null): string {
  if (isMap(node)) return "a map";
  return isSeq(node) ? "a list" : "text";
}

function seqItems(parent: Field, seq: YAMLSeq): Field[] {
  return seq.items.map((raw, i) => {
    const item = asNode(raw);
    const at = item ? spanOf(parent.source, item) : parent.at;
    const node = follow(parent.source, item);
    return { source: parent.source, path: `${parent.path}[${i}]`, node, at, keyAt: at };
  });
}

function mapFields(parent: Field, map: YAMLMap): Fields {
  const fields = new Map<string, Field>();
  const merged: Field[] = [];
  for (const pair of map.items) {
    const field = pairField(parent, pair);
    if (field?.isMerge) merged.push(field);
    else if (field) fields.set(field.key, field);
  }
  for (const field of merged) mergeInto(fields, field);
  return fields;
}

/** `<<: *defaults`: keys that the map itself has win. */
function mergeInto(fields: Map<string, Field>, from: Field): void {
  const maps = isSeq(from.node) ? (itemsOf(from) ?? []) : [from];
  for (const map of maps) {
    for (const [key, field] of fieldsOf(map)) if (!fields.has(key)) fields.set(key, field);
  }
}

function pairField(parent: Field, pair: Pair): (Field & { key: string; isMerge: boolean }) | undefined {
  const { source } = parent;
  const keyNode = follow(source, asNode(pair.key));
  if (!isScalar(keyNode)) {
    const at = keyNode ? spanOf(source, keyNode) : parent.at;
    problem({ ...parent, at }, "MANIFEST_TYPE", { message: `${parent.path || "the file"} has a key that is not text` });
    return undefined;
  }
  const key = String(keyNode.value);
  const keyAt = spanOf(source, isAlias(pair.key) ? pair.key : keyNode);
  const value = asNode(pair.value);
  const own = value ? spanOf(source, value) : keyAt;
  const path = parent.path ? `${parent.path}.${key}` : key;
  const isMerge = key === "<<" && keyNode.type === "PLAIN";
  return { source, path, key, isMerge, node: follow(source, value), at: own.width > 0 ? own : keyAt, keyAt };
}

/** The parser gives nodes only; its types also allow plain values, which appear in documents made by hand. */
const asNode = (value: unknown): Node | null =>
  isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : null;
