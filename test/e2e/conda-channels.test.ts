/** Which channel a package comes from, by the settings of a condarc; and solves for machines that this one is not. */
import { expect } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256File } from "#core/platform/digest.ts";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;

interface Wanted {
  channels: string[];
  condarc?: string;
  environment?: string;
  packages: string;
  env?: Record<string, string>;
}

type Platforms = Record<string, { name: string; build: string; url: string; sha256: string }[]>;

/** What `runtime lock` says and writes. */
async function locked(home: Home, { channels, condarc = "{}", environment = "arch: amd64", packages, env }: Wanted) {
  const { minor } = await condaChannel();
  const configs = `configs: { conda: { channels: ${JSON.stringify(channels)}, condarc: ${condarc} } }\n`;
  const yaml = `name: demo\nenvironment: { python: "${minor}", ${environment} }\n${configs}dependencies: [{ conda: [${packages}] }]\n`;
  const cwd = await home.project({ "runtime.yaml": yaml });
  const { exitCode, stdout, stderr } = await home.run(["runtime", "lock"], { cwd, env });
  const read = async (name: string) =>
    await readFile(join(cwd, ".starwhale/lock", name), "utf8").catch(() => '{"platforms":{}}');
  const lock = await read("conda-sw-lock.yaml");
  const platforms: Platforms = JSON.parse(await read("conda-sw-lock.explicit.json")).platforms;
  return { exitCode, stdout, stderr, cwd, lock, platforms };
}

withChannel(
  "names of channels are looked up in custom_channels and channel_alias, the runtime's before the user's",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await home.write(".condarc", `channel_alias: file:///nowhere\ncustom_channels: { main: "file://${dir}" }\n`);
    const mine = await locked(home, { channels: ["main"], packages: "loud" });
    expect(mine).toMatchObject({ exitCode: 0 });
    expect(mine.lock).toContain(`channels:\n- file://${dir}/main\n`);
    const condarc = `{ channel_alias: "file://${dir}" }`;
    const theirs = await locked(home, { channels: ["extra", "main"], condarc, packages: "loud" });
    expect(theirs).toMatchObject({ exitCode: 0 });
    expect(theirs.lock).toContain("- loud=9.0=py_0");
    const inSpec = await locked(home, { channels: ["main"], condarc, packages: "'extra::loud', hail" });
    expect(inSpec).toMatchObject({ exitCode: 0 });
    expect(inSpec.lock).toContain("- loud=9.0=py_0");
    const unknown = await locked(home, { channels: ["extra"], packages: "loud" });
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain("/nowhere/extra");
  },
  LONG,
);

withChannel(
  "channel_priority: strict takes the first channel or fails, flexible goes on when it must, disabled takes the newest",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const [main, extra] = [`file://${dir}/main`, `file://${dir}/extra`];
    const ask = (channels: string[], priority: string, packages: string) =>
      locked(home, { channels, condarc: `{ channel_priority: ${priority} }`, packages });
    const strict = await ask([extra, main], "strict", "hail 1.*");
    expect(strict.exitCode).toBe(1);
    expect(strict.stderr).toContain("LOCK_UNSOLVABLE");
    expect((await ask([extra, main], "flexible", "hail 1.*")).lock).toContain("- loud=1.0=py_0");
    expect((await ask([main, extra], "flexible", "hail")).lock).toContain("- loud=1.1=py_0");
    expect((await ask([main, extra], "disabled", "hail")).lock).toContain("- loud=9.0=py_0");
  },
  LONG,
);

withChannel(
  "under strict the first channel that has a package is the only one for it, also where its versions don't fit the spec",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const channels = [`file://${dir}/main`, `file://${dir}/extra`];
    const ask = (priority: string, packages: string) =>
      locked(home, { channels, condarc: `{ channel_priority: ${priority} }`, packages });
    for (const spec of ["loud >=2", "'loud[version=9.0]'", "onlyextra, loud=9.0"]) {
      const strict = await ask("strict", spec);
      expect(strict.exitCode, spec).toBe(1);
      expect(strict.stderr).toContain("LOCK_UNSOLVABLE");
      expect(strict.stderr).toContain("set `channel_priority: flexible`");
    }
    expect((await ask("flexible", "loud >=2")).lock).toContain("- loud=9.0=py_0");
    expect((await ask("strict", `'${channels[1]}::loud >=2'`)).lock).toContain("- loud=9.0=py_0");
    expect((await ask("strict", "onlyextra >=1")).lock).toContain("- loud=1.1=py_0");
  },
  LONG,
);

const named = (platforms: Platforms, subdir: string) =>
  Object.fromEntries((platforms[subdir] ?? []).map(({ name, build }) => [name, build]));

withChannel(
  "a package that is asked for by its address is locked with the hash of its channel; one without a hash is refused",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const names = await readdir(`${dir}/extra/noarch`);
    const file = names.find((name) => name.startsWith("loud-9.0-")) ?? "";
    const ask = (address: string) => locked(home, { channels: [`file://${dir}/main`], packages: `'${address}'` });
    const found = await ask(`file://${dir}/extra/noarch/${file}`);
    expect(found).toMatchObject({ exitCode: 0 });
    expect(found.platforms["linux-64"]?.find(({ name }) => name === "loud")?.sha256).toBe(
      (await sha256File(`${dir}/extra/noarch/${file}`)).hex,
    );
    const bare = await home.write(file, await readFile(`${dir}/extra/noarch/${file}`));
    const refused = await ask(`file://${bare}`);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(`${file}: its channel's index knows no hash of it`);
  },
  LONG,
);

withChannel(
  "a lock for two machines has each one's own builds with their hashes, whichever of them solves",
  async () => {
    const { dir } = await condaChannel();
    const channels = [`file://${dir}/main`, `file://${dir}/arm`];
    await using home = await tempHome({ mode: "in-process" });
    const both = await locked(home, { channels, environment: "arch: [amd64, arm64]", packages: "native, hail" });
    expect(both).toMatchObject({ exitCode: 0 });
    expect(both.stdout).toContain("on linux-aarch64, linux-x86_64");
    const pure = { hail: "py_0", loud: "py_0" };
    expect(named(both.platforms, "linux-64")).toEqual({ ...pure, native: "h1_0", python: "h1_0_cpython" });
    expect(named(both.platforms, "linux-aarch64")).toEqual({ ...pure, native: "arm_0", python: "arm_0_cpython" });
    const native = both.platforms["linux-aarch64"]?.find(({ name }) => name === "native");
    const file = join(dir, "arm/linux-aarch64/native-1.0-arm_0.conda");
    expect(native?.url).toBe(`file://${file}`);
    expect(native?.sha256).toBe(new Bun.CryptoHasher("sha256").update(await readFile(file)).digest("hex"));
    const other = await locked(home, { channels, environment: "arch: arm64", packages: "native" });
    expect(Object.keys(other.platforms)).toEqual(["linux-aarch64"]);
    expect(await home.run(["runtime", "build", "--prepare", "no"], { cwd: other.cwd })).toMatchObject({ exitCode: 0 });
    const ran = await home.run(["runtime", "run", "demo", "--", "true"]);
    expect(ran.exitCode).toBe(125);
    expect(ran.stderr).toContain("PLATFORM_NOT_COVERED");
    expect(ran.stderr).toContain("linux-aarch64");
  },
  LONG,
);

withChannel(
  "a machine that nobody asked for by name may lack packages, which is said; one that was named may not",
  async () => {
    const { dir } = await condaChannel();
    const channels = [`file://${dir}/main`];
    await using home = await tempHome({ mode: "in-process" });
    const any = await locked(home, { channels, environment: "arch: noarch", packages: "native" });
    expect(any).toMatchObject({ exitCode: 0 });
    expect(Object.keys(any.platforms)).toEqual(["linux-64"]);
    expect(any.stderr).toContain("linux-aarch64");
    const arm = await locked(home, { channels, environment: "arch: arm64", packages: "native" });
    expect(arm.exitCode).toBe(1);
    expect(arm.stderr).toContain("LOCK_UNSOLVABLE");
    expect(arm.stderr).toContain("for linux-aarch64");
    expect(arm.stderr).toContain("runtime.yaml:4:26: native");
  },
  LONG,
);

withChannel(
  "environment.cuda is what a solve for another machine knows of its GPU",
  async () => {
    const { dir } = await condaChannel();
    const channels = [`file://${dir}/main`, `file://${dir}/arm`];
    await using home = await tempHome({ mode: "in-process" });
    const ask = (environment: string) => locked(home, { channels, environment, packages: "wantscuda" });
    const none = await ask("arch: arm64");
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toContain("__cuda");
    const old = await ask('arch: arm64, cuda: "11.3"');
    expect(old.stderr).toContain("__cuda >=11.4");
    // A variable of whoever builds makes no other lock of the same yaml.
    const env = { CONDA_OVERRIDE_CUDA: "12.0" };
    const ambient = await locked(home, { channels, environment: 'cuda: "11.3"', packages: "wantscuda", env });
    expect(ambient.stderr).toContain("__cuda >=11.4");
    expect(ambient.stderr).toContain('CONDA_OVERRIDE_CUDA is "12.0" and does not count: environment.cuda is 11.3');
    const fits = await ask('arch: [amd64, arm64], cuda: "11.7"');
    expect(fits).toMatchObject({ exitCode: 0 });
    expect(named(fits.platforms, "linux-aarch64").wantscuda).toBe("arm_0");
    expect(named(fits.platforms, "linux-64").wantscuda).toBe("0");
  },
  LONG,
);

withChannel(
  "a channel that is not there is named, and so is the line of what is no package",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await using served = serveChannel(dir);
    for (const channel of ["http://127.0.0.1:1/none", `${served.url}/none`, `file://${dir}/none`]) {
      const failed = await locked(home, { channels: [channel], packages: "loud" });
      expect(failed.exitCode).toBe(1);
      expect(failed.stderr).toContain(`the channel can't be reached: ${channel}/`);
      expect(failed.stderr).toContain("LOCK_FAILED");
    }
    const main = [`file://${dir}/main`];
    const bad = await locked(home, { channels: main, packages: "loud, 'calm[version='" });
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toContain("runtime.yaml:4:32: calm[version= is no conda package: invalid package name");
    const unknown = await locked(home, { channels: main, packages: "loud, nosuch" });
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain("No candidates were found for nosuch");
    expect(unknown.stderr).toContain("runtime.yaml:4:32: nosuch");
    expect(unknown.stderr).not.toContain("4:26");
  },
  LONG,
);
