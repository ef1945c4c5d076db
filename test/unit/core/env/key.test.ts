import { expect, test } from "bun:test";
import { envKey } from "#core/env/key.ts";
import type { Recipe } from "#core/env/recipe.ts";
import { sha256Hex } from "#core/platform/digest.ts";

const DIGESTS = ["a", "b", "c"].map(sha256Hex);
const [A = "", B = "", C = ""] = DIGESTS;
const ENTRY = { path: "", mode: 0o755, type: "file" as const, size: 3, sha256: A };

const recipe: Recipe = {
  mode: "venv",
  python: "3.11",
  platforms: ["linux-x86_64"],
  requirements: A,
  vcs: B,
  conda: undefined,
  locked: true,
  wheels: [{ name: "demo-1.0-py3-none-any.whl", sha256: A }],
  files: [{ dest: "bin/run", entries: [ENTRY] }],
  pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] },
};
const key = (more: Partial<Recipe> = {}, build = "cpython", locks = [A, B]) =>
  envKey({ ...recipe, ...more }, { build }, locks);

test("every input that changes an environment changes its key, each to another", () => {
  const keys = {
    nothing: key(),
    mode: key({ mode: "conda" }),
    "the Python's build": key({}, "cpython-2"),
    "a lock": key({}, "cpython", [C, B]),
    "the order of locks": key({}, "cpython", [B, A]),
    "a further lock": key({}, "cpython", [A, B, C]),
    "a wheel's content": key({ wheels: [{ name: "demo-1.0-py3-none-any.whl", sha256: B }] }),
    "a wheel's name": key({ wheels: [{ name: "demo-1.1-py3-none-any.whl", sha256: A }] }),
    "no wheel": key({ wheels: [] }),
    "a file's place": key({ files: [{ dest: "bin/go", entries: [ENTRY] }] }),
    "a file's content": key({ files: [{ dest: "bin/run", entries: [{ ...ENTRY, sha256: B }] }] }),
    "a file's mode": key({ files: [{ dest: "bin/run", entries: [{ ...ENTRY, mode: 0o644 }] }] }),
    "no files": key({ files: [] }),
  };
  const all = Object.values(keys);
  expect(Object.entries(keys).filter(([, one]) => all.indexOf(one) !== all.lastIndexOf(one))).toEqual([]);
  for (const one of all) expect(one).toMatch(/^[0-9a-f]{32}$/);
});

test("runtimes that differ in what no environment shows share one", () => {
  const pip = { indexUrl: "https://mirror.test/simple", extraIndexUrl: ["https://b.test"], trustedHost: ["b.test"] };
  expect(key({ pip, platforms: ["linux-x86_64", "linux-aarch64"], python: "3.11.7", locked: false })).toBe(key());
});
