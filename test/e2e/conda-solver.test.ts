/**
 * Another program's solve: what it answers is what is locked. Stand-ins, since the programs can't be had everywhere; they
 * answer, and refuse, as micromamba 2.8 and conda 26.7 do.
 */
import { expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");

/** libmamba can't bear an option for what a variable says too, and takes what begins with a dash for an option. */
const PICKY = `for word; do case "$word" in
--) break ;;
--strict-channel-priority|--no-channel-priority)
  [ -z "$MAMBA_CHANNEL_PRIORITY" ] || { echo "critical libmamba Trying to get unset CLI value of 'channel_priority'" >&2; exit 1; } ;;
--dry-run=*) touch "$HOME/injected" ;;
esac; done`;

interface Story {
  readonly script: string;
  readonly solver?: string;
  readonly packages?: string;
  /** Of the channel; the folder that the tests have when it is not given. */
  readonly channel?: string;
}

async function story(home: Home, { script, solver = "micromamba", packages = "hail", channel }: Story) {
  const { dir, minor } = await condaChannel();
  const seen = `echo "$CONDA_SUBDIR $CONDA_OVERRIDE_GLIBC $*"\necho "$CONDA_CHANNEL_PRIORITY $MAMBA_CHANNEL_PRIORITY"\n[ -z "$NETRC" ] || cat "$NETRC"`;
  await home.write(`bin/${solver}`, `#!/bin/sh\n${PICKY}\n{\n${seen}\n} > "$HOME/asked"\n${script}\n`, 0o755);
  await home.write(".config/starwhale/config.yaml", `version: '2.0'\nswcli: { conda: { solver: ${solver} } }\n`);
  const from = channel ?? `file://${dir}/main`;
  const yaml = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["${from}"] } }\ndependencies:\n  - conda: [${packages}]\n`;
  const cwd = await home.project({ "runtime.yaml": yaml });
  const env = { PATH: `${join(home.dir, "bin")}:${process.env.PATH}`, SW_CLI_CONFIG: undefined };
  return await home.run(["runtime", "build", "--prepare", "no"], { cwd, env });
}

const answerOf = (value: object) => `echo '${JSON.stringify(value)}'`;

async function links(): Promise<string> {
  const { python } = await condaChannel();
  const LINK = [
    { name: "python", version: python, build_string: "h1_0_cpython" },
    { name: "hail", version: "1.0", build_string: "py_0" },
    { name: "loud", version: "1.0", build_string: "py_0" },
  ];
  return answerOf({ success: true, actions: { LINK } });
}

for (const solver of ["micromamba", "mamba", "conda"]) {
  withChannel(
    `conda.solver: ${solver} decides which packages are locked`,
    async () => {
      const { dir } = await condaChannel();
      await using home = await tempHome({ mode: "in-process" });
      await home.write(".condarc", "channel_priority: flexible\n");
      expect(await story(home, { script: await links(), solver })).toMatchObject({ exitCode: 0 });
      const asked = await readFile(join(home.dir, "asked"), "utf8");
      expect(asked).toStartWith("linux-64 2.31 create --dry-run --json");
      expect(asked).toContain(`--channel file://${dir}/main -- hail python `);
      expect(asked).toContain(solver === "conda" ? " --subdir linux-64 " : " --platform linux-64 ");
      expect(asked).toEndWith("\nflexible flexible\n");
      expect((await home.run(["runtime", "run", "demo", "--", "hail"])).stdout).toBe("hail 1.0\n");
      const cwd = join(home.dir, "project-1");
      const env = { PATH: `${join(home.dir, "bin")}:${process.env.PATH}`, SW_CLI_CONFIG: undefined };
      expect(await home.run(["runtime", "lock"], { cwd, env })).toMatchObject({ exitCode: 0 });
      const again = await home.run(["runtime", "lock"], { cwd, env });
      expect(again.stderr).toContain(`${solver} can't keep to the packages of a lock`);
    },
    60_000,
  );
}

withChannel(
  "what it can't solve is told with the line of the yaml; one that is not there is named",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const problems = { success: false, solver_problems: ["nothing provides x needed by hail"] };
    const failed = await story(home, { script: `${answerOf(problems)}; exit 1` });
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("nothing provides x needed by hail");
    expect(failed.stderr).toContain("runtime.yaml:5:13: hail");
    await home.exec(["rm", join(home.dir, "bin/micromamba")]);
    const gone = await home.run(["runtime", "build", "-nc"], {
      cwd: join(home.dir, "project-1"),
      env: { SW_CLI_CONFIG: undefined },
    });
    expect(gone.stderr).toContain("the config wants micromamba");
  },
  60_000,
);

withChannel(
  "what conda itself calls unsatisfiable is a lock that can't be solved, a channel that it can't reach is not",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const answer = (exception_name: string, message: string) => ({
      script: `${answerOf({ error: `${exception_name}: ${message}`, exception_name, message })}; exit 1`,
      solver: "conda",
    });
    const message = "The following specifications were found to be incompatible with your system: hail -> __cuda";
    const unsolvable = await story(home, answer("UnsatisfiableError", message));
    expect(unsolvable).toMatchObject({ exitCode: 1 });
    expect(unsolvable.stderr).toContain("runtime.yaml:5:13: hail");
    expect(unsolvable.stderr).toContain("(LOCK_UNSOLVABLE)");
    const unreached = await story(home, answer("CondaHTTPError", "HTTP 000 CONNECTION FAILED for url <http://h/c>"));
    expect(unreached.stderr).toContain("the channel can't be reached: http://h/c (");
    expect(unreached.stderr).toContain("(LOCK_FAILED)");
    const broken = await story(home, { script: "echo 'ImportError: no conda here' >&2; exit 1", solver: "conda" });
    expect(broken.stderr).toContain("conda could not solve (exit code 1):\nImportError: no conda here");
    expect(broken.stderr).toContain("(ENGINE_FAILED)");
  },
  60_000,
);

for (const priority of ["strict", "disabled"]) {
  withChannel(
    `channel_priority: ${priority} is told in the one way that libmamba takes`,
    async () => {
      await using home = await tempHome({ mode: "in-process" });
      await home.write(".condarc", `channel_priority: ${priority}\n`);
      expect(await story(home, { script: await links() })).toMatchObject({ exitCode: 0 });
      expect(await readFile(join(home.dir, "asked"), "utf8")).toEndWith(`\n${priority} ${priority}\n`);
    },
    60_000,
  );
}

withChannel(
  "nothing that a runtime.yaml says is an option of the program; what the engine can't read is not asked for",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const injected = await story(home, { script: await links(), packages: '"--dry-run=false", hail' });
    expect(injected).toMatchObject({ exitCode: 2 });
    expect(injected.stderr).toContain("runtime.yaml:5:13: --dry-run=false is no conda package");
    const odd = await story(home, { script: await links(), packages: '"hail >>>2"' });
    expect(odd).toMatchObject({ exitCode: 2 });
    expect(odd.stderr).toContain("runtime.yaml:5:13: hail >>>2 is no conda package");
    expect(await Bun.file(join(home.dir, "asked")).exists()).toBe(false);
    expect(await Bun.file(join(home.dir, "injected")).exists()).toBe(false);
  },
  60_000,
);

withChannel(
  "it chose what the channels do not have: that is said, and not blamed on the yaml",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const LINK = [{ name: "hail", version: "9.9", build_string: "py_0" }];
    const refused = await story(home, { script: answerOf({ success: true, actions: { LINK } }) });
    expect(refused.stderr).toContain("micromamba chose what the channels do not have");
    expect(refused.stderr).not.toContain("runtime.yaml:5");
  },
  60_000,
);

withChannel(
  "a login of the condarc reaches it by a file of the user's alone, a token by the channel's address; none is kept",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await using closed = serveChannel(dir, { login: "me:s3cr%t" });
    await home.write(".condarc", `channels: ["${closed.url.replace("//", "//me:s3cr%25t@")}/main"]\n`);
    await home.write(".netrc", "machine other.example login you password own\n", 0o600);
    const script = `stat -c %a "$NETRC" > "$HOME/mode"\n${await links()}`;
    expect(await story(home, { script, channel: `${closed.url}/main` })).toMatchObject({ exitCode: 0 });
    const asked = await readFile(join(home.dir, "asked"), "utf8");
    expect(asked).toContain("\nmachine other.example login you password own\n");
    expect(asked).toContain("\nmachine 127.0.0.1 login me password s3cr%t\n");
    expect(asked.split("\n")[0]).not.toContain("s3cr");
    expect(await readFile(join(home.dir, "mode"), "utf8")).toBe("600\n");
    await using tokens = serveChannel(dir, { token: "tk-s3cret" });
    await home.write(".condarc", `channels: ["${tokens.url}/t/tk-s3cret/main"]\n`);
    expect(await story(home, { script: await links(), channel: `${tokens.url}/main` })).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(home.dir, "asked"), "utf8")).toContain(`--channel ${tokens.url}/t/tk-s3cret/main `);
    expect((await home.exec(["grep", "-rlE", "s3cr", home.root])).stdout).toBe("");
  },
  60_000,
);
