/** Conda runtimes in a bundle: their packages and the engine that links them, on a machine without a network. */
import { expect } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { cutOffHome, loneHome, membersOf, runAlone, writeMembers } from "./bundled.ts";

const needs = [needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own"];
const withChannel = testWith(...needs);
const alone = testWith(...needs, needsProgram("unshare"));
const LONG = 120_000;

async function build(home: Home, channel: string): Promise<string> {
  const { minor } = await condaChannel();
  const lines = [
    `name: demo\nenvironment: { python: "${minor}", arch: amd64 }`,
    `configs: { conda: { channels: ["${channel}"] } }`,
    "dependencies:\n  - conda: [native, hail]\n  - pip: [six==1.16.0]\n",
  ];
  const cwd = await home.project({ "runtime.yaml": lines.join("\n") });
  const built = await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], { cwd });
  if (built.exitCode !== 0) throw new Error(built.stdout + built.stderr);
  return built.json.version;
}

bothModes((mode) => {
  alone(
    "a conda runtime comes with its packages, its pip part and its engine, from a channel with a login",
    async () => {
      const { dir } = await condaChannel();
      await using home = await tempHome({ mode });
      const file = join(home.dir, "demo.swrt");
      const version = await (async () => {
        await using channel = serveChannel(dir, { login: "me:s3cret" });
        await home.write(".condarc", `channels: ["${channel.url.replace("//", "//me:s3cret@")}/main"]\n`);
        const id = await build(home, `${channel.url}/main`);
        const made = await home.run(["-o", "json", "runtime", "bundle", "demo", "--file", file]);
        expect(made).toMatchObject({ exitCode: 0, json: { platforms: ["linux-x86_64"], carried: 6 } });
        return id;
      })();
      await using other = await loneHome(mode);
      const taken = await runAlone(other, ["-o", "json", "runtime", "import", file]);
      expect(taken).toMatchObject({ exitCode: 0, json: { version, carried: 6 } });
      const script = 'hail; native-info; python -c "import six; print(six.__version__)"';
      const ran = await runAlone(other, ["runtime", "run", "--offline", "demo", "--", "sh", "-c", script]);
      expect(ran).toMatchObject({ exitCode: 0 });
      expect(ran.stdout).toMatch(/^hail 2\.0\n.+\n1\.16\.0\n$/s);
      expect(await runAlone(other, ["runtime", "activate", "-f", "--offline", "demo"])).toMatchObject({ exitCode: 0 });
      const env = await runAlone(other, ["runtime", "shellenv", "--offline", "demo", "--shell", "json"]);
      expect(env.json).toMatchObject({ version });
    },
    LONG,
  );
});

alone(
  "without a bundle one error names engine, conda packages and pip packages, whatever the machine has not",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await using channel = serveChannel(dir);
    await build(home, `${channel.url}/main`);
    const file = join(home.dir, "plain.swrt");
    await home.run(["runtime", "copy", "demo", file]);
    await using other = await loneHome("in-process");
    await runAlone(other, ["runtime", "import", file]);
    const failed = await runAlone(other, ["-o", "json", "runtime", "run", "--offline", "demo", "true"]);
    expect(failed).toMatchObject({ exitCode: 125, json: { error: { code: "OFFLINE" } } });
    expect(failed.json.error.message).toMatch(
      /py-rattler==\S+ \(the conda engine\), hail-2\.0-py_0\.conda, .*native-1\.0.*; and for pip.*: six==1\.16\.0$/,
    );
    expect(failed.json.error.hint).toContain("swcli runtime bundle URI --file FILE");
    expect(await readdir(`${other.root}/.envs`)).toEqual([]);
  },
  LONG,
);

withChannel(
  "without a bundle --offline asks no channel and names the packages",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await using channel = serveChannel(dir);
    await build(home, `${channel.url}/main`);
    const asked = channel.requests.length;
    const failed = await home.run(["-o", "json", "runtime", "run", "--offline", "demo", "true"]);
    expect(failed).toMatchObject({ exitCode: 125, json: { error: { code: "OFFLINE" } } });
    expect(failed.json.error.message).toContain("hail-2.0-py_0.conda, loud-1.1-py_0.conda, native-1.0");
    expect(channel.requests.length).toBe(asked);
    expect(await home.run(["runtime", "run", "demo", "true"])).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

withChannel(
  "a conda package that is not the locked one is refused, an engine of another swcli only left out",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await build(home, `file://${dir}/main`);
    const file = join(home.dir, "demo.swrt");
    expect(await home.run(["runtime", "bundle", "demo", "--file", file])).toMatchObject({ exitCode: 0 });
    await using other = await cutOffHome("in-process");
    const hail = await changed(file, /^bundle\/conda\/noarch\/hail/);
    const refused = await other.run(["-o", "json", "runtime", "import", hail]);
    expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: "HASH_MISMATCH" } } });
    const engine = await changed(file, /^bundle\/engine\//);
    const taken = await other.run(["-o", "json", "runtime", "import", engine]);
    expect(taken).toMatchObject({ exitCode: 0, json: { carried: 5 } });
    expect(taken.stderr).toContain("is not the conda engine of this swcli");
  },
  LONG,
);

/** With other bytes in one member, and an index that names them. */
async function changed(file: string, which: RegExp): Promise<string> {
  const members = await membersOf(file);
  const member = members.find(({ path }) => which.test(path));
  const index = members.find(({ path }) => path === "bundle/index.json");
  if (!member || !index) throw new Error("the bundle does not hold it");
  const hex = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const before = hex(member.bytes);
  member.bytes = Buffer.concat([member.bytes, Buffer.from("x")]);
  index.bytes = new TextEncoder().encode(new TextDecoder().decode(index.bytes).replace(before, hex(member.bytes)));
  await writeMembers(`${file}.changed`, members);
  return `${file}.changed`;
}
