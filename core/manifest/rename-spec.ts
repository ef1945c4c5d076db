/**
 * A runtime.yaml under another name: one value changes, every other character stays. Pure.
 * Tests: test/unit/core/manifest/rename-spec.test.ts
 */
import { isMap, isScalar, parseDocument } from "yaml";

/** @param name fits a plain yaml word (see isName) */
export function renameSpec(text: string, name: string): string {
  const doc = parseDocument(text, { logLevel: "silent" });
  const node = isMap(doc.contents) ? doc.contents.get("name", true) : undefined;
  const range = isScalar(node) ? node.range : undefined;
  if (!range) return `name: ${name}\n${text}`;
  return text.slice(0, range[0]) + name + text.slice(range[1]);
}
