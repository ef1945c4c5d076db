import { expect, test } from "bun:test";
import { sameContent } from "#core/transfer/same-content.ts";
import { manifestFor } from "../../../helpers/package.ts";

const python = manifestFor("a".repeat(40));
const ours = (createdAt: string) =>
  python.replace("2026-11-22 00:42:37 UTC", createdAt) + "swcli:\n  format: 1\n  platforms: []\n";

test("equal texts are the same, and nothing is the same as what nobody knows", () => {
  expect(sameContent(python, python)).toBe(true);
  expect(sameContent(python, undefined)).toBe(false);
});

test("versions of ours say by their id what they hold; those of the Python client do not", () => {
  expect(sameContent(ours("2026-01-01 00:00:00 UTC"), ours("2026-02-02 00:00:00 UTC"))).toBe(true);
  expect(sameContent(python, python.replace("0.6.15", "0.6.14"))).toBe(false);
  expect(sameContent(ours("2026-01-01 00:00:00 UTC"), python)).toBe(false);
});

test("a manifest that can't be read is other content, not an error", () => {
  expect(sameContent(python, "{{{")).toBe(false);
});
