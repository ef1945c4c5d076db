import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { readVenv, sitePackages } from "#core/venv/read-venv.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

async function venvWith(home: StoreHome, config: string, folders = ["lib/python3.11/site-packages"]): Promise<string> {
  await home.write("venv/pyvenv.cfg", config);
  for (const folder of folders) await mkdir(`${home.dir}/venv/${folder}`, { recursive: true });
  return `${home.dir}/venv`;
}

// As each tool writes it; poetry, PDM and hatch leave the making to virtualenv, venv or uv.
test.each([
  [
    "venv",
    "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.7\nexecutable = /usr/bin/python3.11\n",
    { version: "3.11.7", systemSite: false, prompt: undefined },
  ],
  [
    "virtualenv",
    "home = /usr\nimplementation = CPython\nversion_info = 3.11.7.final.0\nversion = 3.11.7\ninclude-system-site-packages = true\n",
    { version: "3.11.7", systemSite: true, prompt: undefined },
  ],
  [
    "uv",
    "home = /usr/bin\r\nimplementation = CPython\r\nuv = 0.5.0\r\nversion_info = 3.11.7\r\ninclude-system-site-packages = false\r\nprompt = demo\r\n",
    { version: "3.11.7", systemSite: false, prompt: "demo" },
  ],
  [
    "poetry",
    "home = /usr\nversion_info = 3.11.7.final.0\ninclude-system-site-packages = false\nprompt = demo-py3.11\n",
    { version: "3.11.7", systemSite: false, prompt: "demo-py3.11" },
  ],
  [
    "venv --prompt",
    "Include-System-Site-Packages = TRUE\nprompt = 'own'\n",
    { systemSite: true, version: "3.11", prompt: "own" },
  ],
])("an environment made by %s is read off its pyvenv.cfg", async (_, config, expected) => {
  await using home = await storeHome();
  const prefix = await venvWith(home, config);
  expect(await readVenv(prefix)).toMatchObject({
    ...{ prefix, minor: "3.11", sitePackages: [`${prefix}/lib/python3.11/site-packages`] },
    ...expected,
  });
});

test("a version that contradicts the folder is a leftover and does not count", async () => {
  await using home = await storeHome();
  expect((await readVenv(await venvWith(home, "version = 3.1.4\n"))).version).toBe("3.11");
});

test("lib64 counts where it is a folder of its own, and not where it is the link that it mostly is", async () => {
  await using home = await storeHome();
  const linked = await venvWith(home, "");
  await symlink("lib", `${linked}/lib64`);
  expect((await readVenv(linked)).sitePackages).toEqual([`${linked}/lib/python3.11/site-packages`]);
  await mkdir(`${home.dir}/own/lib64/python3.9/site-packages`, { recursive: true });
  await mkdir(`${home.dir}/own/lib/python3.9/site-packages`, { recursive: true });
  expect((await sitePackages(`${home.dir}/own`)).map(({ path }) => path)).toEqual([
    `${home.dir}/own/lib/python3.9/site-packages`,
    `${home.dir}/own/lib64/python3.9/site-packages`,
  ]);
});

test("a half-made environment is told from none at all", async () => {
  await using home = await storeHome();
  const half = await venvWith(home, "version = 3.11.7\n", ["lib/python3.11"]);
  await expect(readVenv(half)).rejects.toThrow("has a pyvenv.cfg but no lib/python3.X/site-packages");
  await expect(readVenv(`${home.dir}/nowhere`)).rejects.toThrow("is not there, or is empty");
  await home.write("plain/bin/x", "");
  await expect(readVenv(`${home.dir}/plain`)).rejects.toThrow("has no pyvenv.cfg");
});

test("a conda environment is told its own option", async () => {
  await using home = await storeHome();
  await home.write("conda/conda-meta/history", "");
  await expect(readVenv(`${home.dir}/conda`)).rejects.toMatchObject({
    code: "ENV_NOT_FOUND",
    hint: `Use --conda-prefix ${home.dir}/conda`,
  });
});
