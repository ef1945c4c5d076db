/** Conda packages that hold no exact lock: ours built with -del, and those of the Python client. */
import { expect } from "bun:test";
import { join } from "node:path";
import { tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel } from "../servers/conda-channel.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;

withChannel(
  "a conda runtime built with -del is solved at its first activation, which says that it is not pinned",
  async () => {
    const { dir, minor } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const project = await home.project({
      "runtime.yaml": `name: loose\nenvironment: { python: "${minor}" }\nconfigs: { conda: { channels: ["file://${dir}/main"] } }\ndependencies: [env.yml, { pip: [six==1.16.0] }]\n`,
      "env.yml": "dependencies: [hail]\nvariables: { LOOSE: set }\n",
    });
    const built = await home.run(["runtime", "build", "-del", "-o", "json"], { cwd: project });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.json.lock).toBeNull();
    const script = 'hail; echo "$LOOSE"; python -c "import six; print(six.__version__)"';
    const first = await home.run(["runtime", "run", "loose", "--", "sh", "-c", script]);
    expect(first.stdout).toBe("hail 2.0\nset\n1.16.0\n");
    expect(first.stderr).toContain("not pinned");
    expect((await home.run(["runtime", "run", "loose", "--", "true"])).stderr).toBe("");
  },
  LONG,
);

withChannel(
  "a package of the Python client is restored to the builds that its conda lock names",
  async () => {
    const { dir, minor, python } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const lock = `channels: ["file://${dir}/main"]\ndependencies:\n- hail=1.0=py_0\n- loud=1.0=py_0\n- python=${python}=h1_0_cpython\n- pip:\n  - six==1.16.0\nname: old\nprefix: /home/builder/env\n`;
    const manifest = `version: ${"a".repeat(40)}\nconfigs: {}\ndependencies: { raw_deps: [], local_packaged_env: false }\nenvironment: { mode: conda, python: '${minor}', arch: [], auto_lock_dependencies: true, lock: { files: [.starwhale/lock/conda-sw-lock.yaml], starwhale_version: 0.6.15 } }\n`;
    const files = {
      "_manifest.yaml": manifest,
      "runtime.yaml": "name: old\nmode: conda\n",
      "dependencies/.starwhale/lock/conda-sw-lock.yaml": lock,
    };
    const folder = await home.project(files);
    const swrt = join(home.dir, "old.swrt");
    expect((await home.exec(["tar", "-cf", swrt, "-C", folder, ...Object.keys(files)])).exitCode).toBe(0);
    expect(await home.run(["runtime", "import", swrt, "-n", "old"])).toMatchObject({ exitCode: 0 });
    const script = 'hail; python -c "import six; print(six.__version__)"';
    const ran = await home.run(["runtime", "run", "old", "--", "sh", "-c", script]);
    expect(ran.stdout).toBe("hail 1.0\n1.16.0\n");
    expect(ran.stderr).toContain("holds no hashes");
  },
  LONG,
);
