/** Another program's solve: a stand-in for micromamba, since none can be had everywhere; what it answers is what is locked. */
import { expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");

async function story(home: Home, script: string, solver = "micromamba") {
  const { dir, minor } = await condaChannel();
  await home.write(
    `bin/${solver}`,
    `#!/bin/sh\necho "$CONDA_SUBDIR $CONDA_OVERRIDE_GLIBC $*" > "$HOME/asked"\necho "$CONDA_CHANNEL_PRIORITY" >> "$HOME/asked"\n${script}\n`,
    0o755,
  );
  await home.write(".config/starwhale/config.yaml", `version: '2.0'\nswcli: { conda: { solver: ${solver} } }\n`);
  const yaml = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["file://${dir}/main"] } }\ndependencies:\n  - conda: [hail]\n`;
  const cwd = await home.project({ "runtime.yaml": yaml });
  const env = { PATH: `${join(home.dir, "bin")}:${process.env.PATH}`, SW_CLI_CONFIG: undefined };
  return await home.run(["runtime", "build", "--prepare", "no"], { cwd, env });
}

for (const solver of ["micromamba", "mamba", "conda"]) {
  withChannel(
    `conda.solver: ${solver} decides which packages are locked`,
    async () => {
      const { dir, python } = await condaChannel();
      await using home = await tempHome({ mode: "in-process" });
      await home.write(".condarc", "channel_priority: flexible\n");
      const link = [
        { name: "python", version: python, build_string: "h1_0_cpython" },
        { name: "hail", version: "1.0", build_string: "py_0" },
        { name: "loud", version: "1.0", build_string: "py_0" },
      ];
      expect(
        await story(home, `echo '${JSON.stringify({ success: true, actions: { LINK: link } })}'`, solver),
      ).toMatchObject({
        exitCode: 0,
      });
      const asked = await readFile(join(home.dir, "asked"), "utf8");
      expect(asked).toStartWith("linux-64 2.31 create --dry-run --json");
      expect(asked).toContain(`--channel file://${dir}/main hail python `);
      expect(asked).toContain(solver === "conda" ? " --subdir linux-64 " : " --platform linux-64 ");
      expect(asked).not.toContain("channel-priority");
      expect(asked).toEndWith("\nflexible\n");
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
    const failed = await story(
      home,
      `echo '{"success": false, "solver_problems": ["nothing provides x needed by hail"]}'; exit 1`,
    );
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
    // As conda 26.7 answers.
    const answer = (exception_name: string, message: string) =>
      `echo '${JSON.stringify({ caused_by: "None", error: `${exception_name}: ${message}`, exception_name, message })}'; exit 1`;
    const message = "The following specifications were found to be incompatible with your system: hail -> __cuda";
    const unsolvable = await story(home, answer("UnsatisfiableError", message), "conda");
    expect(unsolvable).toMatchObject({ exitCode: 1 });
    expect(unsolvable.stderr).toContain("runtime.yaml:5:13: hail");
    expect(unsolvable.stderr).toContain("(LOCK_UNSOLVABLE)");
    const unreached = await story(home, answer("CondaHTTPError", "HTTP 000 CONNECTION FAILED for url <x>"), "conda");
    expect(unreached.stderr).toContain("conda could not solve (exit code 1):\nHTTP 000 CONNECTION FAILED");
    expect(unreached.stderr).toContain("(ENGINE_FAILED)");
  },
  60_000,
);
