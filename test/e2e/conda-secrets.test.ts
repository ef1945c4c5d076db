/** Logins and tokens of channels, wherever people write them: they open the channel here, and travel nowhere. */
import { expect } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { madeEnv } from "./conda-env.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 180_000;
const build = ["runtime", "build", "--prepare", "no"];
const RUN = ["runtime", "run", "demo", "--", "hail"];
const SECRET = "pw-s3cret-9";

/** `OPEN` stands for the channel's address with what opens it, `CHANNEL` for the one without. */
type Project = Record<string, string>;

const yaml = (channels: string, dependencies: string) =>
  `name: demo\nmode: conda\nenvironment: { python: "MINOR", arch: amd64 }\n${channels}dependencies: [${dependencies}]\n`;
const OPEN = 'configs: { conda: { channels: ["OPEN"] } }\n';
const CLEAN = 'configs: { conda: { channels: ["CHANNEL"] } }\n';

const PLACES: Record<string, Project> = {
  "configs.conda.channels": { "runtime.yaml": yaml(OPEN, "{ conda: [hail] }") },
  "an environment.yml": {
    "runtime.yaml": yaml("", "env.yml"),
    "env.yml": "channels: ['OPEN']\ndependencies: [hail]\n",
  },
  "a spec that names its channel": { "runtime.yaml": yaml(CLEAN, "{ conda: ['OPEN::hail'] }") },
  "the condarc of the runtime": {
    "runtime.yaml": yaml(
      'configs: { conda: { channels: [main], condarc: { custom_channels: { main: "PARENT" } } } }\n',
      "{ conda: [hail] }",
    ),
  },
};

/** The lines of an @EXPLICIT list for the packages of the channel that are wanted. */
async function explicitList(dir: string, base: string): Promise<string> {
  const { python } = await condaChannel();
  const lines: string[] = [];
  for (const subdir of ["linux-64", "noarch"]) {
    const { packages, "packages.conda": conda } = JSON.parse(
      await readFile(`${dir}/main/${subdir}/repodata.json`, "utf8"),
    );
    for (const [fn, { md5 }] of Object.entries<{ md5: string }>({ ...packages, ...conda })) {
      if ([`python-${python}-`, "loud-1.1-", "hail-2.0-"].some((start) => fn.startsWith(start)))
        lines.push(`${base}/${subdir}/${fn}#${md5}\n`);
    }
  }
  return `# platform: linux-64\n@EXPLICIT\n${lines.join("")}`;
}

async function projectOf(home: Home, files: Project, { url, open }: { url: string; open: string }): Promise<string> {
  const { minor } = await condaChannel();
  const filled = Object.entries(files).map(([name, text]) => [
    name,
    text
      .replaceAll("OPEN", open)
      .replaceAll("CHANNEL", `${url}/main`)
      .replaceAll("PARENT", open.replace(/\/main$/, ""))
      .replaceAll("MINOR", minor),
  ]);
  return await home.project(Object.fromEntries(filled));
}

/** Everything that is kept on this machine, the person's own project apart. */
const keptSecrets = async (home: Home): Promise<string> =>
  (await home.exec(["grep", "-rlE", SECRET, home.root, join(home.dir, ".cache"), home.env.XDG_RUNTIME_DIR ?? "/none"]))
    .stdout;

const WAYS = {
  login: (url: string, secret: string) => `${url.replace("//", `//me:${secret}@`)}/main`,
  token: (url: string, secret: string) => `${url}/t/${secret}/main`,
};

for (const way of ["login", "token"] as const) {
  const open = (url: string) => WAYS[way](url, SECRET);
  for (const [place, files] of Object.entries(PLACES)) {
    withChannel(
      `a ${way} in ${place} opens the channel, is said to be needed elsewhere, and is kept nowhere`,
      async () => {
        const { dir } = await condaChannel();
        await using channel = serveChannel(dir, way === "login" ? { login: `me:${SECRET}` } : { token: SECRET });
        await using home = await tempHome({ mode: "in-process" });
        const cwd = await projectOf(home, files, { url: channel.url, open: open(channel.url) });
        const built = await home.run(build, { cwd });
        expect(built).toMatchObject({ exitCode: 0 });
        expect(built.stderr).toContain("SW_CONDA_AUTH_1");
        const refused = await home.run(RUN);
        expect(refused.exitCode).toBe(125);
        expect(refused.stderr).toContain("SW_CONDA_AUTH_1");
        expect(built.stderr + refused.stderr).not.toContain(SECRET);
        const value = way === "login" ? `me:${SECRET}` : SECRET;
        const ran = await home.run(RUN, { env: { SW_CONDA_AUTH_1: value } });
        expect(ran).toMatchObject({ exitCode: 0, stdout: "hail 2.0\n" });
        expect(await keptSecrets(home)).toBe("");
      },
      LONG,
    );
  }
}

withChannel(
  "a login in the lines of an @EXPLICIT list is used for them while the daemon remembers it, and kept nowhere",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir, { login: `me:${SECRET}` });
    await using home = await tempHome();
    const files = { "runtime.yaml": yaml("", "explicit.txt"), "explicit.txt": await explicitList(dir, "OPEN") };
    const cwd = await projectOf(home, files, { url: channel.url, open: WAYS.login(channel.url, SECRET) });
    expect(await home.run(build, { cwd })).toMatchObject({ exitCode: 0 });
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0, stdout: "hail 2.0\n" });
    expect(await keptSecrets(home)).toBe("");
  },
  LONG,
);

withChannel(
  "variables written for a login or token are filled in for the lock and for a restore, and named when they are not set",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir, { login: "me:p@ss/word" });
    await using home = await tempHome({ mode: "in-process" });
    const open = channel.url.replace("//", "//me:${MY_PASSWORD}@");
    const files = { "runtime.yaml": yaml(OPEN, "{ conda: [hail] }") };
    const cwd = await projectOf(home, files, { url: channel.url, open: `${open}/main` });
    const unset = await home.run(build, { cwd });
    expect(unset.exitCode).toBe(1);
    expect(unset.stderr).toContain("MY_PASSWORD is not set");
    const env = { MY_PASSWORD: "p@ss/word" };
    const built = await home.run(build, { cwd, env });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).not.toContain("stays out");
    const refused = await home.run(RUN);
    expect(refused.exitCode).toBe(125);
    expect(refused.stderr).toContain("MY_PASSWORD");
    expect(await home.run(RUN, { env })).toMatchObject({ exitCode: 0, stdout: "hail 2.0\n" });
  },
  LONG,
);

withChannel(
  "a condarc that -ecc carries names variables, and the first of them restores",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir, { login: `me:${SECRET}` });
    await using home = await tempHome({ mode: "in-process" });
    await home.write(".condarc", `channel_alias: ${channel.url.replace("//", `//me:${SECRET}@`)}\n`);
    const files = { "runtime.yaml": yaml("configs: { conda: { channels: [main] } }\n", "{ conda: [hail] }") };
    const cwd = await projectOf(home, files, { url: channel.url, open: "" });
    const built = await home.run([...build, "-ecc"], { cwd });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("to restore, set SW_CONDA_AUTH_1");
    const { stdout: manifest } = await home.run(["runtime", "info", "demo", "-of", "manifest", "-o", "json"]);
    expect(manifest).toContain("${SW_CONDA_AUTH_1}@127.0.0.1");
    await home.exec(["rm", join(home.dir, ".condarc")]);
    const refused = await home.run(RUN);
    expect(refused.exitCode).toBe(125);
    expect(refused.stderr).toContain("set SW_CONDA_AUTH_1 to user:password");
    expect(await home.run(RUN, { env: { SW_CONDA_AUTH_1: `me:${SECRET}` } })).toMatchObject({ exitCode: 0 });
    expect(await keptSecrets(home)).toBe("");
  },
  LONG,
);

for (const way of ["login", "token"] as const) {
  withChannel(
    `a set that can't be solved is explained without the ${way} that stands in it, which is kept nowhere`,
    async () => {
      const { dir } = await condaChannel();
      await using channel = serveChannel(dir, way === "login" ? { login: `me:${SECRET}` } : { token: SECRET });
      await using home = await tempHome();
      const files = { "runtime.yaml": yaml(CLEAN, "{ conda: ['OPEN::nosuch', 'OPEN::hail >=9'] }") };
      const cwd = await projectOf(home, files, { url: channel.url, open: WAYS[way](channel.url, SECRET) });
      const failed = await home.run(build, { cwd });
      expect(failed.exitCode).toBe(1);
      expect(failed.stderr).toContain("LOCK_UNSOLVABLE");
      expect(failed.stderr).toContain(`${channel.url}/main::nosuch`);
      expect(failed.stderr).not.toContain(SECRET);
      expect(await keptSecrets(home)).toBe("");
    },
    LONG,
  );
}

withChannel(
  "an environment that was made from a channel with a password is locked without it, which is said",
  async () => {
    const { dir } = await condaChannel();
    await using channel = serveChannel(dir);
    await using home = await tempHome({ mode: "in-process" });
    const prefix = join(home.dir, "envs/mine");
    await madeEnv(home, `${channel.url}/main`, prefix);
    const record = join(prefix, "conda-meta/hail-2.0-py_0.json");
    const open = WAYS.login(channel.url, SECRET);
    const spec = JSON.stringify(`hail[channel="${open}/"]`);
    const text = await readFile(record, "utf8");
    await writeFile(record, text.replace(/"requested_specs": *\[[^\]]*\]/, `"requested_specs": [${spec}]`));
    expect(await readFile(record, "utf8")).toContain(SECRET);
    const built = await home.run([...build, "-cp", prefix]);
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain(`what opens ${channel.url}/main stays out of the package`);
    expect(built.stderr).not.toContain(SECRET);
    expect((await home.exec(["grep", "-rl", SECRET, home.root])).stdout).toBe("");
    expect(await home.run(["runtime", "run", "mine", "--", "hail"])).toMatchObject({ stdout: "hail 2.0\n" });
  },
  LONG,
);
