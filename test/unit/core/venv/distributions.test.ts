import { expect, test } from "bun:test";
import { utimes } from "node:fs/promises";
import { readDistributions } from "#core/venv/distributions.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const head = (name: string, version = "1.0") => `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`;

async function siteWith(home: StoreHome, files: Record<string, string>, site = "site"): Promise<string> {
  for (const [path, text] of Object.entries(files)) await home.write(`${site}/${path}`, text);
  return `${home.dir}/${site}`;
}

test("each dist-info is one distribution, with where it came from and who installed it", async () => {
  await using home = await storeHome();
  const direct = { url: "file:///srv/own", dir_info: { editable: true } };
  const site = await siteWith(home, {
    "Own.Thing-1.0.dist-info/METADATA": head("Own.Thing"),
    "Own.Thing-1.0.dist-info/INSTALLER": "pip\n",
    "Own.Thing-1.0.dist-info/direct_url.json": JSON.stringify(direct),
    "six-1.16.dist-info/METADATA": head("six", "1.16"),
    "six.py": "",
  });
  const [own, six, ...others] = await readDistributions([site]);
  expect(own).toMatchObject({ key: "own-thing", name: "Own.Thing", installer: "pip", direct, site });
  expect(own?.info).toBe("Own.Thing-1.0.dist-info");
  expect(six).toMatchObject({ key: "six", version: "1.16", installer: "", direct: undefined });
  expect(others).toEqual([]);
});

test("what pip left half-removed, and what names no version, is no distribution", async () => {
  await using home = await storeHome();
  const site = await siteWith(home, {
    "~ix-1.16.dist-info/METADATA": head("six"),
    "empty-1.0.dist-info/RECORD": "",
    "broken-1.0.dist-info/METADATA": "Name: broken\n",
    "half-1.0.egg-info/SOURCES.txt": "",
  });
  expect(await readDistributions([site])).toEqual([]);
});

test("a damaged record of the origin does not make the package one of an index", async () => {
  await using home = await storeHome();
  for (const text of ["{", "[]", '{"url": 1}']) {
    const files = { "six-1.dist-info/METADATA": head("six"), "six-1.dist-info/direct_url.json": text };
    const [six] = await readDistributions([await siteWith(home, files)]);
    expect(six).toMatchObject({ key: "six", direct: "unreadable" });
  }
});

test("an origin without the word editable is a plain folder", async () => {
  await using home = await storeHome();
  const site = await siteWith(home, {
    "own-1.dist-info/METADATA": head("own"),
    "own-1.dist-info/direct_url.json": '{"url": "file:///srv/own", "dir_info": {}}',
  });
  expect((await readDistributions([site]))[0]?.direct).toMatchObject({ dir_info: { editable: false } });
});

test("older forms count: an egg-info folder, an egg-info file, and a link to a project in development", async () => {
  await using home = await storeHome();
  const project = await siteWith(home, { "dev_thing.egg-info/PKG-INFO": head("dev-thing", "0.3") }, "project");
  const site = await siteWith(home, {
    "old-2.egg-info/PKG-INFO": head("old", "2"),
    "older-3.egg-info": head("older", "3"),
    "dev-thing.egg-link": `${project}\n.`,
    "lost.egg-link": "/nowhere\n.",
  });
  const found = await readDistributions([site]);
  expect(found.map(({ key, version }) => `${key} ${version}`).sort()).toEqual([
    "dev-thing 0.3",
    "lost 0",
    "old 2",
    "older 3",
  ]);
  const dev = found.find(({ key }) => key === "dev-thing");
  expect(dev?.direct).toEqual({ url: Bun.pathToFileURL(project).href, dir_info: { editable: true } });
});

test("a project in development with a src folder is the project, not that folder", async () => {
  await using home = await storeHome();
  const project = await siteWith(home, { "src/dev_thing.egg-info/PKG-INFO": head("dev-thing", "0.3") }, "project");
  const site = await siteWith(home, { "dev-thing.egg-link": `${project}/src\n../` });
  const [dev] = await readDistributions([site]);
  expect(dev).toMatchObject({ version: "0.3", direct: { url: Bun.pathToFileURL(project).href } });
});

test("eggs on the path are packages, as a folder and zipped; an egg that lies there unused is none", async () => {
  await using home = await storeHome();
  const site = await siteWith(home, {
    "easy-install.pth": "import sys\n./eggt-1.0-py3.7.egg\n./zip_ped-2.0_1-py3.7.egg\n/elsewhere/other-1.egg\n",
    "eggt-1.0-py3.7.egg/EGG-INFO/PKG-INFO": `${head("eggt")}Requires-Dist: six\n`,
    "zip_ped-2.0_1-py3.7.egg": "PK",
    "eggt-0.9-py3.7.egg/EGG-INFO/PKG-INFO": head("eggt", "0.9"),
  });
  const found = await readDistributions([site]);
  expect(found.map(({ key, version, info }) => [key, version, info])).toEqual([
    ["eggt", "1.0", "eggt-1.0-py3.7.egg/EGG-INFO"],
    ["zip-ped", "2.0-1", "zip_ped-2.0_1-py3.7.egg"],
  ]);
  expect(found[0]?.requires).toEqual(["six"]);
});

test("of one package twice in a folder the later installed one comes first: its files are there", async () => {
  await using home = await storeHome();
  const site = await siteWith(home, {
    "click-8.0.dist-info/METADATA": head("click", "8.0"),
    "click-8.1.dist-info/METADATA": head("click", "8.1"),
    "six-1.dist-info/METADATA": head("six", "1"),
  });
  const versions = async () => (await readDistributions([site])).map(({ version }) => version);
  await utimes(`${site}/click-8.0.dist-info`, 1000, 1000);
  expect(await versions()).toEqual(["8.1", "8.0", "1"]);
  await utimes(`${site}/click-8.1.dist-info`, 500, 500);
  expect(await versions()).toEqual(["8.0", "8.1", "1"]);
});

test("the same package in two folders stays twice, the folder that Python sees first before the other", async () => {
  await using home = await storeHome();
  const one = await siteWith(home, { "six-1.dist-info/METADATA": head("six", "1") }, "one");
  const two = await siteWith(home, { "six-2.dist-info/METADATA": head("six", "2") }, "two");
  expect((await readDistributions([two, one])).map(({ version }) => version)).toEqual(["2", "1"]);
});
