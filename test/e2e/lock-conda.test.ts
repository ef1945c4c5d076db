/** The lock beside a runtime.yaml of conda packages: kept to, and upgraded as a whole or for one package. */
import { expect } from "bun:test";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { servePackages } from "../servers/package-index.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");
const LONG = 120_000;

/** A copy of the channel that has only those packages which `hidden` does not match. */
async function growingChannel(home: Home) {
  const { dir, minor } = await condaChannel();
  const own = join(home.dir, "channel");
  await cp(join(dir, "main"), own, { recursive: true });
  const path = join(own, "noarch/repodata.json");
  const whole = await readFile(path, "utf8");
  const hide = async (hidden: RegExp) => {
    const data = JSON.parse(whole);
    for (const list of [data.packages, data["packages.conda"]]) {
      for (const fn of Object.keys(list)) if (hidden.test(fn)) delete list[fn];
    }
    await writeFile(path, JSON.stringify(data));
  };
  return { url: `file://${own}`, minor, hide };
}

const NEWER = /^(hail-2|loud-1\.1|calm-2)/;

type At = { url: string; minor: string };

async function project(home: Home, { url, minor }: At, dependencies: string): Promise<string> {
  const head = `name: locked\nenvironment: { python: "${minor}", arch: amd64 }\nconfigs: { conda: { channels: ["${url}"] } }\n`;
  return await home.project({ "runtime.yaml": `${head}dependencies: [${dependencies}]\n` });
}

const versions = (text: string): string[] => text.match(/\b(hail|loud|calm|pkg-a)==?[\d.]+/g) ?? [];

bothModes((mode) => {
  withChannel(
    "conda packages that are locked stay when newer ones appear, in the lock and in the build, until they are upgraded",
    async () => {
      await using home = await tempHome({ mode });
      const channel = await growingChannel(home);
      const wheels = ["1.0", "2.0"].map((version) => makeWheel(join(home.dir, "wheels"), { name: "pkg-a", version }));
      const [old = "", newer = ""] = await Promise.all(wheels);
      await using before = await servePackages([old]);
      await using now = await servePackages([old, newer]);
      // The engine comes from the machine's own index, which has no pkg-a.
      const bare = await project(home, channel, "{ conda: [calm] }");
      expect(await home.run(["runtime", "lock", "--stdout", bare])).toMatchObject({ exitCode: 0 });
      const dir = await project(home, channel, "{ conda: [hail, calm] }, { pip: [pkg-a] }");
      const swcli = (from: { url: string }, ...args: string[]) =>
        home.run(["-o", "json", "runtime", ...args], { cwd: dir, env: { PIP_INDEX_URL: from.url } });
      const lock = async () => versions(await readFile(join(dir, ".starwhale/lock/conda-sw-lock.yaml"), "utf8"));
      const built = async () => {
        expect(await swcli(now, "build", "--prepare", "no")).toMatchObject({ exitCode: 0 });
        const { json } = await swcli(now, "info", "locked", "-of", "lock");
        return versions(json.data["conda-sw-lock.yaml"]);
      };

      await channel.hide(NEWER);
      expect(await swcli(before, "lock")).toMatchObject({ exitCode: 0 });
      const first = ["calm=1.0", "hail=1.0", "loud=1.0", "pkg-a==1.0"];
      expect(await lock()).toEqual(first);
      await channel.hide(/^$/);
      const again = await swcli(now, "lock");
      expect(again.json.files.map((file: { changed: boolean }) => file.changed)).toEqual([false, false, false]);
      expect(await swcli(now, "lock", "--check")).toMatchObject({ exitCode: 0 });
      expect(await built()).toEqual(first);

      expect(await swcli(now, "lock", "--upgrade", "calm")).toMatchObject({ exitCode: 0 });
      expect(await lock()).toEqual(["calm=2.0", "hail=1.0", "loud=1.0", "pkg-a==1.0"]);
      expect(await built()).toEqual(["calm=2.0", "hail=1.0", "loud=1.0", "pkg-a==1.0"]);
      const both = await swcli(now, "lock", "--upgrade=hail", "--upgrade=pkg_a", "--upgrade=hial");
      expect([both.exitCode, both.stderr.match(/\S+ is not in the lock/g)]).toEqual([0, ["hial is not in the lock"]]);
      const all = ["calm=2.0", "hail=2.0", "loud=1.1", "pkg-a==2.0"];
      expect(await lock()).toEqual(all);
      await channel.hide(NEWER);
      expect(await swcli(before, "lock", "--upgrade")).toMatchObject({ exitCode: 0 });
      expect(await lock()).toEqual(first);
    },
    LONG,
  );
});

withChannel(
  "what is locked and no longer fits, or is gone from its channel, moves; the rest stays",
  async () => {
    await using home = await tempHome({ mode: "in-process" });
    const channel = await growingChannel(home);
    const dir = await project(home, channel, "{ conda: [hail, calm] }");
    const yaml = join(dir, "runtime.yaml");
    const text = await readFile(yaml, "utf8");
    const lock = join(dir, ".starwhale/lock/conda-sw-lock.yaml");
    const relock = async () => {
      expect(await home.run(["runtime", "lock"], { cwd: dir })).toMatchObject({ exitCode: 0 });
      return versions(await readFile(lock, "utf8"));
    };
    await channel.hide(NEWER);
    expect(await relock()).toEqual(["calm=1.0", "hail=1.0", "loud=1.0"]);
    await channel.hide(/^$/);
    await writeFile(yaml, text.replace("hail, calm", "'hail >=2', calm"));
    expect(await relock()).toEqual(["calm=1.0", "hail=2.0", "loud=1.1"]);
    await channel.hide(/^calm-1/);
    expect(await relock()).toEqual(["calm=2.0", "hail=2.0", "loud=1.1"]);
  },
  LONG,
);

withChannel(
  "a channel that was mended is asked again by a daemon that has just read it",
  async () => {
    await using home = await tempHome();
    const { hide, minor } = await growingChannel(home);
    await using served = serveChannel(home.dir);
    const dir = await project(home, { url: `${served.url}/channel`, minor }, "{ conda: [hail] }");
    await hide(/^hail/);
    const missing = await home.run(["runtime", "lock"], { cwd: dir });
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("No candidates were found for hail");
    await hide(NEWER);
    expect(await home.run(["runtime", "lock"], { cwd: dir })).toMatchObject({ exitCode: 0 });
  },
  LONG,
);
