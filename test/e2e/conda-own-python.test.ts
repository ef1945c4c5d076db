/** Conda packages with a pip part on a machine that has no Python of their version: the packages' own does the resolving. */
import { expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { makePackage } from "../servers/conda-package.ts";
import { lockOf } from "./conda-env.ts";

const LONG = 120_000;

/** A CPython that is found only by who is told where pyenv keeps it. */
function hiddenPython(): { minor: string; path: string } | undefined {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  for (const name of existsSync(versions) ? readdirSync(versions) : []) {
    const minor = /^(3\.(?:9|1[0-3]))\.\d+$/.exec(name)?.[1];
    const path = `${versions}/${name}/bin/python${minor}`;
    const isSeen = ["/usr/bin", "/usr/local/bin"].some((dir) => existsSync(`${dir}/python${minor}`));
    if (minor && !isSeen && existsSync(path)) return { minor, path };
  }
  return undefined;
}

const hidden = hiddenPython();
const withHidden = testWith(needsLinux(), hidden ? undefined : "a Python of pyenv that the system is without");

/** Where nothing leads to pyenv, and nothing is downloaded. */
const env = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  PYENV_ROOT: "/nowhere",
  UV_PYTHON_INSTALL_DIR: "/nowhere",
  UV_PYTHON_INSTALL_MIRROR: "file:///nowhere",
};

/** Its Python is a door to the real one, and needs another package. */
async function channel(home: Home): Promise<string> {
  const { minor = "", path = "" } = hidden ?? {};
  const door = { content: `#!/bin/sh\n[ -e "\${0%/*}/../share/needed" ] && exec ${path} "$@"\n`, executable: true };
  const packages = [
    { name: "python", version: `${minor}.0`, depends: ["needed"], files: { [`bin/python${minor}`]: door } },
    { name: "needed", version: "1", files: { "share/needed": { content: "x" } } },
  ];
  const made = await Promise.all(packages.map(makePackage));
  for (const { fn, bytes } of made) await home.write(`channel/linux-64/${fn}`, bytes);
  const records = Object.fromEntries(made.map(({ fn, record }) => [fn, record]));
  const repodata = (subdir: string, conda: object) =>
    home.write(
      `channel/${subdir}/repodata.json`,
      JSON.stringify({ info: { subdir }, packages: {}, "packages.conda": conda }),
    );
  await repodata("linux-64", records);
  await repodata("noarch", {});
  return `file://${home.dir}/channel`;
}

withHidden(
  "a runtime.yaml with conda and pip packages is locked by the Python that its conda packages bring",
  async () => {
    await using home = await tempHome({ mode: "in-process", env });
    const head = `name: demo\nenvironment: { python: "${hidden?.minor}", arch: amd64 }\n`;
    const configs = `configs: { conda: { channels: ["${await channel(home)}"] } }\n`;
    const cwd = await home.project({
      "runtime.yaml": `${head}${configs}mode: conda\ndependencies: [{ pip: [six==1.16.0] }]\n`,
    });
    const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("Linking the conda packages' own Python");
    expect((await lockOf(home, "demo"))["requirements-sw-lock.txt"]).toContain("six==1.16.0");
    expect((await home.exec(["ls", join(home.root, ".store/v1/ingest")])).stdout).toBe("");
  },
  LONG,
);

withHidden(
  "a conda environment with packages of pip is locked by a copy of its Python, none without such packages",
  async () => {
    await using home = await tempHome({ mode: "in-process", env });
    const minor = hidden?.minor ?? "";
    const prefix = join(home.dir, "envs/mine");
    const url = await channel(home);
    for (const name of ["python", "needed"]) {
      const fn = `${name}-${name === "python" ? `${minor}.0` : "1"}-0.conda`;
      const { "packages.conda": all } = await Bun.file(`${home.dir}/channel/linux-64/repodata.json`).json();
      const record = { ...all[fn], fn, url: `${url}/linux-64/${fn}`, channel: url };
      await home.write(`${prefix}/conda-meta/${fn}.json`, JSON.stringify(record));
    }
    const site = `${prefix}/lib/python${minor}/site-packages`;
    await home.write(`${site}/README.txt`, "");
    const build = ["runtime", "build", "--prepare", "no", "-cp", prefix];
    const bare = await home.run(build);
    expect(bare).toMatchObject({ exitCode: 0 });
    expect(bare.stderr).not.toContain("Linking");
    await home.write(`${site}/six-1.16.0.dist-info/METADATA`, "Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n");
    const built = await home.run(build);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("Linking the conda packages' own Python");
    expect((await lockOf(home, "mine"))["requirements-sw-lock.txt"]).toContain("six==1.16.0");
  },
  LONG,
);
