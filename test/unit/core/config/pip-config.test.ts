import { expect, test } from "bun:test";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipConfigFiles, readPipConfig } from "#core/config/pip-config.ts";

async function home(files: Record<string, string>) {
  const dir = await realpath(await mkdtemp(join(tmpdir(), "sw-pip-")));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const env = { HOME: dir, XDG_CONFIG_DIRS: `${dir}/xdg-a:${dir}/xdg-b` };
  return { dir, env, [Symbol.asyncDispose]: async () => await rm(dir, { recursive: true, force: true }) };
}

const option = async (env: Record<string, string>, dir: string, name: string) =>
  (await readPipConfig(env, dir)).files.get(name);

test("the files are read in pip's order: global, user, virtual environment, PIP_CONFIG_FILE", async () => {
  const names = ["xdg-a/pip/pip.conf", "xdg-b/pip/pip.conf", ".pip/pip.conf", ".config/pip/pip.conf", "venv/pip.conf"];
  for (let count = 1; count <= names.length; count++) {
    await using h = await home(
      Object.fromEntries(names.slice(0, count).map((name) => [name, `[global]\nindex-url = ${name}\n`])),
    );
    const env = { ...h.env, VIRTUAL_ENV: `${h.dir}/venv` };
    expect(await option(env, h.dir, "index-url")).toBe(names[count - 1]);
  }
});

test("PIP_CONFIG_FILE wins, replaces the user's files only when it is there, and /dev/null turns all off", async () => {
  await using h = await home({
    ".pip/pip.conf": "[global]\nindex-url=user\nretries=9\n",
    "own.conf": "[global]\nindex-url=own\n",
  });
  expect(await option({ ...h.env, PIP_CONFIG_FILE: "own.conf" }, h.dir, "index-url")).toBe("own");
  expect(await option({ ...h.env, PIP_CONFIG_FILE: "own.conf" }, h.dir, "retries")).toBeUndefined();
  expect(await option({ ...h.env, PIP_CONFIG_FILE: "/no/such" }, h.dir, "index-url")).toBe("user");
  expect(await pipConfigFiles({ ...h.env, PIP_CONFIG_FILE: "/dev/null" }, h.dir)).toEqual([]);
});

test("[install] wins over [global] of any file, other sections don't count", async () => {
  await using h = await home({
    "xdg-a/pip/pip.conf": "[install]\nindex-url = from-install\n",
    ".pip/pip.conf": "[global]\nindex-url = from-global\n[download]\nindex-url = from-download\n",
  });
  expect(await option(h.env, h.dir, "index-url")).toBe("from-install");
});

test("values on several lines, both separators, comments, odd names and empty values", async () => {
  const conf = [
    "\ufeff# head",
    "; also a comment",
    "[global]",
    "INDEX_URL: https://a.invalid/simple",
    "extra-index-url =",
    "    https://b.invalid/simple",
    "",
    "    # not this",
    "    https://c.invalid/simple",
    "trusted-host = b.invalid",
    "    c.invalid",
    "find-links =",
  ];
  await using h = await home({ ".pip/pip.conf": conf.join("\r\n") });
  const { files } = await readPipConfig(h.env, h.dir);
  expect(Object.fromEntries([...files].filter(([name]) => name !== "cert"))).toEqual({
    "index-url": "https://a.invalid/simple",
    "extra-index-url": "https://b.invalid/simple\nhttps://c.invalid/simple",
    "trusted-host": "b.invalid\nc.invalid",
  });
});

test("PIP_* variables are options, an empty one is none", async () => {
  await using h = await home({});
  const { env } = await readPipConfig({ ...h.env, PIP_INDEX_URL: "x", PIP_NO_INDEX: "", PIPX: "y" }, h.dir);
  expect([...env]).toEqual([["index-url", "x"]]);
});

test("a file that can't be read is a warning", async () => {
  await using h = await home({});
  await mkdir(join(h.dir, ".pip/pip.conf"), { recursive: true });
  const { warnings } = await readPipConfig(h.env, h.dir);
  expect(warnings).toEqual([expect.stringContaining(".pip/pip.conf can't be read (EISDIR)")]);
});
