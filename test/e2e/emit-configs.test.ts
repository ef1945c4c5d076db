/** The user's pip configuration and condarc go into a package when asked for, without their credentials. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const YAML = "name: demo\nenvironment: { python: '3.11' }\ndependencies: [{ pip: [] }]\n";

async function manifestOf(home: Home) {
  const { json } = await home.run(["runtime", "info", "demo", "-of", "manifest", "-o", "json"]);
  return json.data ?? json.manifest ?? json;
}

bothModes((mode) => {
  test("without being asked nothing of the user's settings goes into a package", async () => {
    await using home = await tempHome({
      mode,
      env: { PIP_EXTRA_INDEX_URL: "https://me:s3cret@private.example/simple" },
    });
    await home.write(".condarc", "channels: [lab]\n");
    const cwd = await home.project({ "runtime.yaml": YAML });
    expect(await home.run(["runtime", "build", "-del"], { cwd })).toMatchObject({ exitCode: 0 });
    const manifest = await manifestOf(home);
    expect(manifest.configs.pip.extra_index_url).toEqual([""]);
    expect(manifest.configs.conda.condarc).toEqual({});
  });

  test("-epo and -ecc carry them with a variable in place of each credential, which is said", async () => {
    const env = {
      PIP_EXTRA_INDEX_URL: "https://me:s3cret@private.example/simple https://open.example/simple",
      PIP_TRUSTED_HOST: "open.example",
    };
    await using home = await tempHome({ mode, env });
    const condarc =
      "channels: [lab]\nchannel_alias: https://me:s3cret@conda.example\ncustom_channels: { lab: 'https://x.example/t/tk-s3cret/c' }\nssl_verify: false\n";
    await home.write(".condarc", condarc);
    const cwd = await home.project({ "runtime.yaml": YAML });
    const built = await home.run(["runtime", "build", "-del", "-epo", "-ecc"], { cwd });
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toContain("SW_PIP_EXTRA_INDEX_AUTH_1");
    expect(built.stderr).not.toContain("s3cret");
    const { configs } = await manifestOf(home);
    expect(configs.pip).toMatchObject({
      extra_index_url: [`https://\${SW_PIP_EXTRA_INDEX_AUTH_1}@private.example/simple`, "https://open.example/simple"],
      trusted_host: ["open.example"],
    });
    expect(configs.conda.condarc).toMatchObject({ channels: ["lab"], ssl_verify: false });
    expect(
      (await home.exec(["grep", "-rl", "s3cret", `${home.root}/.store/v1/blobs`, `${home.root}/.store/v1/trees`]))
        .stdout,
    ).toBe("");
    const swrt = `${home.dir}/out`;
    expect(await home.run(["runtime", "extract", "demo", "--target-dir", swrt])).toMatchObject({ exitCode: 0 });
    const text = await Bun.file(`${swrt}/configs/condarc`).text();
    expect(text).toContain("ssl_verify: false");
    expect(text).toMatch(/channel_alias: .*\$\{SW_CONDA_AUTH_\d\}@conda\.example/);
  });

  test("passwords of the index and of further ones stay out, and the variables that are said restore", async () => {
    await using home = await tempHome({ mode });
    const at = (folder: string, name: string) => makeWheel(join(home.dir, folder), { name });
    await using main = await servePackages([await at("a", "pkg-a")], { user: "me", password: "s3cret" });
    await using extra = await servePackages([await at("b", "pkg-b")], { user: "you", password: "s3cret" });
    const env = {
      PIP_INDEX_URL: main.urlFor("me", "s3cret"),
      PIP_EXTRA_INDEX_URL: extra.urlFor("you", "s3cret"),
      // Indexes that no wheel of this machine can stand in for.
      PIP_FIND_LINKS: undefined,
    };
    const cwd = await home.project({ "runtime.yaml": YAML.replace("[]", "[pkg-a, pkg-b]") });
    const built = await home.run(["runtime", "build", "--prepare", "no", "-epo"], { cwd, env });
    expect(built.exitCode).toBe(0);
    expect(built.stderr).not.toContain("s3cret");
    const { configs } = await manifestOf(home);
    expect(configs.pip.index_url).toBe(main.urlFor("${SW_PIP_INDEX_AUTH}", "").replace(":@", "@"));
    for (const variable of ["SW_PIP_INDEX_AUTH", "SW_PIP_EXTRA_INDEX_AUTH_1"])
      expect(built.stderr).toContain(`set ${variable}=user:password to restore`);
    expect((await home.exec(["grep", "-rl", "s3cret", home.root])).stdout).toBe("");

    const file = join(home.dir, "demo.swrt");
    expect(await home.run(["runtime", "copy", "demo", file])).toMatchObject({ exitCode: 0 });
    await using elsewhere = await tempHome({ mode });
    await elsewhere.run(["runtime", "import", file, "-n", "came"]);
    const words = ["runtime", "run", "came", "--", "python", "-c", "import pkg_a, pkg_b"];
    const own = { UV_CACHE_DIR: join(elsewhere.dir, "cache"), PIP_FIND_LINKS: undefined };
    const logins = { SW_PIP_INDEX_AUTH: "me:s3cret", SW_PIP_EXTRA_INDEX_AUTH_1: "you:s3cret" };
    expect((await elsewhere.run(words, { env: own })).exitCode).not.toBe(0);
    expect(await elsewhere.run(words, { env: { ...own, ...logins } })).toMatchObject({ exitCode: 0 });
  });
});
