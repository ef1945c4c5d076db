/**
 * What must not be in the project: paths of the machine it was written on, and names of package registries (which
 * index is asked is the user's settings' affair). The patterns are put together here so that they don't find themselves.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { PROJECT } from "./project.ts";

const MACHINE = new RegExp(`(?<![\\w.~$*-])/(${["wo" + "rk", "ro" + "ot"].join("|")})/`);
const HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "cra" + "tes.io"];
const REGISTRY = new RegExp([...HOSTS, "ana" + "conda.org", "ana" + "conda.com"].join("|").replaceAll(".", "\\."));

/** Tracked files and those about to be; text only (a package is its maker's affair). */
async function textFiles(): Promise<{ path: string; text: string }[]> {
  const argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listed = Bun.spawnSync(argv, { cwd: PROJECT });
  if (listed.exitCode !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  const paths = listed.stdout
    .toString()
    .split("\0")
    .filter((path) => path !== "");
  const files = await Promise.all(
    paths.map(async (path) => {
      const file = Bun.file(join(PROJECT, path));
      return { path, text: (await file.exists()) ? await file.text() : "" };
    }),
  );
  return files.filter(({ text }) => !text.includes("\0"));
}

const all = await textFiles();

// Inside an image everybody's home is the same.
const IN_IMAGES = /^(test\/unit\/)?core\/docker\//;

function lines(pattern: RegExp, files = all): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, at }) => `${at}: ${line.trim().slice(0, 120)}`),
  );
}

test("the files are read", () => {
  expect(all.map(({ path }) => path)).toContain("bun.lock");
  expect(lines(/lockfileVersion/).length).toBeGreaterThan(0);
});

test("no path of a developer's machine", () => {
  const outside = all.filter(({ path }) => !IN_IMAGES.test(path));
  expect(lines(MACHINE, outside)).toEqual([]);
});

test("no host name of a package registry", () => {
  expect(lines(REGISTRY)).toEqual([]);
});
