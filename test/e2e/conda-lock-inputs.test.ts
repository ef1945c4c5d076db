/** Lock files of conda, conda-lock and pixi as inputs: the very packages that they name, without a solve. */
import { expect } from "bun:test";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256File } from "#core/platform/digest.ts";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { lockOf } from "./conda-env.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");

interface Pin {
  name: string;
  version: string;
  url: string;
  md5: string;
  sha256: string;
  depends: string[];
}

/** Not the newest ones: a solve would choose others. */
async function pins(): Promise<Pin[]> {
  const { dir, python } = await condaChannel();
  const wanted = [`python-${python}-`, "loud-1.0-", "hail-1.0-"];
  const found: Pin[] = [];
  for (const subdir of ["linux-64", "noarch"]) {
    const { packages, "packages.conda": conda } = JSON.parse(
      await readFile(`${dir}/main/${subdir}/repodata.json`, "utf8"),
    );
    for (const [fn, record] of Object.entries<Pin>({ ...packages, ...conda })) {
      if (wanted.some((start) => fn.startsWith(start)))
        found.push({ ...record, url: `file://${dir}/main/${subdir}/${fn}` });
    }
  }
  return found;
}

const FORMS: Record<string, (pins: Pin[]) => string> = {
  "explicit.txt": (all) =>
    `# platform: linux-64\n@EXPLICIT\n${all.map(({ url, md5 }) => `${url}#${md5}`).join("\n")}\n`,
  "conda-lock.yml": (all) =>
    `version: 1\nmetadata: {}\npackage:\n${all
      .map((one) => {
        const dependencies = Object.fromEntries(
          one.depends.map((text) => [text.split(" ")[0], text.split(" ")[1] ?? ""]),
        );
        const { name, version, url, md5, sha256 } = one;
        return `- ${JSON.stringify({ name, version, manager: "conda", platform: "linux-64", url, hash: { md5, sha256 }, dependencies })}\n`;
      })
      .join(
        "",
      )}- {name: six, version: 1.16.0, manager: pip, platform: linux-64, url: "https://x/six.whl", hash: {}, dependencies: {}}\n`,
  "pixi.lock": (all) =>
    `version: 6\nenvironments:\n  default:\n    packages:\n      linux-64:\n${all.map(({ url }) => `      - conda: ${url}\n`).join("")}packages:\n${all
      .map(({ url, sha256, md5, depends }) => `- ${JSON.stringify({ conda: url, sha256, md5, depends })}\n`)
      .join("")}`,
};

for (const [file, text] of Object.entries(FORMS)) {
  withChannel(
    `${file} is restored to the packages that it names, not to what a solve would choose`,
    async () => {
      await using home = await tempHome({ mode: "in-process" });
      const yaml = `name: locked\ndependencies: [${file}]\n`;
      const project = await home.project({ "runtime.yaml": yaml, [file]: text(await pins()) });
      expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: project })).toMatchObject({ exitCode: 0 });
      const ran = await home.run(["runtime", "run", "locked", "--", "hail"]);
      expect(ran.stdout).toBe("hail 1.0\n");
      const six = await home.run(["runtime", "run", "locked", "--", "python", "-c", "import six"]);
      expect(six.exitCode).toBe(file === "conda-lock.yml" ? 0 : 1);
    },
    120_000,
  );
}

withChannel(
  "a package of a folder that is locked by md5 alone and has been replaced is refused",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const { dir } = await condaChannel();
    const copy = join(home.dir, "channel");
    await cp(dir, copy, { recursive: true });
    const text = (FORMS["explicit.txt"]?.(await pins()) ?? "").replaceAll(dir, copy);
    const yaml = "name: locked\nmode: conda\ndependencies: [explicit.txt]\n";
    const project = await home.project({ "runtime.yaml": yaml, "explicit.txt": text });
    expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: project })).toMatchObject({ exitCode: 0 });
    await cp(`${dir}/main/noarch/loud-1.1-py_0.conda`, `${copy}/main/noarch/loud-1.0-py_0.tar.bz2`);
    const refused = await home.run(["runtime", "run", "locked", "--", "hail"]);
    expect(refused.exitCode).toBe(125);
    expect(refused.stderr).toContain("HASH_MISMATCH");
    expect(refused.stderr).toContain("locked md5");
    await cp(`${dir}/main/noarch/loud-1.0-py_0.tar.bz2`, `${copy}/main/noarch/loud-1.0-py_0.tar.bz2`);
    expect(await home.run(["runtime", "run", "locked", "--", "hail"])).toMatchObject({ stdout: "hail 1.0\n" });
  },
  120_000,
);

withChannel(
  "a lock file can't be mixed with packages to solve, nor used for a platform that it lacks; its Python counts",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const form = FORMS["explicit.txt"]?.(await pins()) ?? "";
    const mixed = await home.project({
      "runtime.yaml": "name: locked\nmode: conda\ndependencies: [explicit.txt, { conda: [everywhere] }]\n",
      "explicit.txt": form,
    });
    const failed = await home.run(["runtime", "build"], { cwd: mixed });
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toContain("everywhere can't be added to the lock file explicit.txt");
    const arm = await home.project({
      "runtime.yaml": "name: locked\nmode: conda\nenvironment: { arch: arm64 }\ndependencies: [explicit.txt]\n",
      "explicit.txt": form,
    });
    expect((await home.run(["runtime", "build"], { cwd: arm })).stderr).toContain("covers linux-64, not linux-aarch64");
    const venv = await home.project({
      "runtime.yaml": "name: locked\nmode: venv\ndependencies: [explicit.txt]\n",
      "explicit.txt": form,
    });
    expect((await home.run(["runtime", "build"], { cwd: venv })).stderr).toContain("this is not a requirement");
    const { python, minor } = await condaChannel();
    const another = minor === "3.10" ? "3.12" : "3.10";
    const old = await home.project({
      "runtime.yaml": `name: locked\nenvironment: { python: "${another}", arch: amd64 }\ndependencies: [explicit.txt]\n`,
      "explicit.txt": form,
    });
    expect((await home.run(["runtime", "build", "--prepare", "no"], { cwd: old })).stderr).toContain(
      `explicit.txt has Python ${python}, which counts; environment.python says ${another}`,
    );
  },
  30_000,
);

withChannel(
  "a lock file for several platforms gives each its own pip packages, by the hashes that it names",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const at = (folder: string, version: string) => makeWheel(`${home.dir}/${folder}`, { name: "thing", version });
    const wheels = [await at("w", "1.0"), await at("w", "2.0"), await at("w", "3.0")];
    await using index = await servePackages(wheels);
    const env = { PIP_EXTRA_INDEX_URL: index.url };
    const conda = FORMS["conda-lock.yml"]?.(await pins()).replace(/- \{name: six.*\n/, "") ?? "";
    const pip = (version: string, platform: string, sha256: string) =>
      `- {name: thing, version: ${version}, manager: pip, platform: ${platform}, url: 'https://h/thing.whl', hash: {sha256: '${sha256}'}}\n`;
    const hash = async (i: number) => (await sha256File(wheels[i] ?? "")).hex;
    const others = pip("2.0", "osx-arm64", await hash(1)) + pip("3.0", "win-64", "ab".repeat(32));
    const cwd = await home.project({
      "runtime.yaml": "name: locked\nmode: conda\nenvironment: { arch: amd64 }\ndependencies: [conda-lock.yml]\n",
      "conda-lock.yml": conda + pip("1.0", "linux-64", await hash(0)) + others,
    });
    const build = ["runtime", "build", "--prepare", "no"];
    expect(await home.run(build, { cwd, env })).toMatchObject({ exitCode: 0 });
    const lock = (await lockOf(home, "locked"))["requirements-sw-lock.txt"] ?? "";
    expect(lock.match(/^\S+==\S+|--hash=\S+/gm)).toEqual(["thing==1.0", `--hash=sha256:${await hash(0)}`]);
    await home.write(`${cwd}/conda-lock.yml`, conda + pip("1.0", "linux-64", "ab".repeat(32)));
    const other = await home.run(build, { cwd, env });
    expect(other.exitCode).toBe(1);
    expect(other.stderr).toContain("conda-lock.yml: none of the hashes given for thing is one of thing==1.0");
  },
  120_000,
);

withChannel(
  "a requirement file that an environment.yml names lies beside it, not beside runtime.yaml",
  async () => {
    const { dir, minor } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const head = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\n`;
    const cwd = await home.project({
      "runtime.yaml": `${head}dependencies: [conf/environment.yml]\n`,
      "conf/environment.yml": `channels: ['file://${dir}/main']\ndependencies:\n  - hail\n  - pip: [-r reqs.txt]\n`,
      "conf/reqs.txt": "-r more/own.txt\n",
      "conf/more/own.txt": "six==1.16.0\n",
    });
    expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd })).toMatchObject({ exitCode: 0 });
    expect((await lockOf(home, "demo"))["requirements-sw-lock.txt"]).toContain("six==1.16.0");
    const out = `${home.dir}/out`;
    await home.run(["runtime", "extract", "demo", "--target-dir", out]);
    expect(await readFile(`${out}/dependencies/conf/more/own.txt`, "utf8")).toBe("six==1.16.0\n");
  },
  120_000,
);
