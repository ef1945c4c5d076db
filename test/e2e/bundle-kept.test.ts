/** What a bundle brought lives and dies with its version: removed and recovered, copied, checked. */
import { expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { bothModes, type Home } from "../helpers/home.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { startStarwhale } from "../servers/starwhale.ts";
import { builtDemo, cutOffHome, loneHome, membersOf } from "./bundled.ts";

const LONG = 120_000;
const RUN = ["-o", "json", "runtime", "run", "--offline", "demo", "python", "-c", "import revpkg, natpkg"];

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
}

const records = async ({ root }: Home) =>
  (await filesBelow(`${root}/.store/v1/trees`)).filter((path) => path.endsWith(".bundle.json"));
const blobOf = async ({ root }: Home, sha256: string) =>
  (await filesBelow(`${root}/.store/v1/blobs`)).find((path) => path.endsWith(sha256)) ?? "";

async function wheelIn(file: string, which: RegExp): Promise<string> {
  const bytes = (await membersOf(file)).find(({ path }) => which.test(path))?.bytes ?? new Uint8Array();
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

bothModes((mode) => {
  test(
    "a removed version keeps what a bundle brought until it can't be recovered any more",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await cutOffHome(mode);
      await home.run(["runtime", "import", demo.file]);
      await home.run(["runtime", "remove", "demo"]);
      await home.run(["gc", "--yes", "--older-than", "1h"]);
      expect(await home.run(["runtime", "recover", "demo"])).toMatchObject({ exitCode: 0 });
      expect(await home.run(RUN)).toMatchObject({ exitCode: 0 });
      await home.run(["runtime", "remove", "-f", "demo"]);
      const wheel = await wheelIn(demo.file, /revpkg/);
      // While the daemon still settles the environment, what that one touched stays.
      while ((await blobOf(home, wheel)) !== "") await home.run(["gc", "--yes"]);
      expect(await records(home)).toEqual([]);
    },
    LONG,
  );

  test(
    "a version under two names keeps it as long as one of them",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await cutOffHome(mode);
      await home.run(["runtime", "import", demo.file]);
      expect((await home.run(["runtime", "copy", "demo", "demo2"])).stderr).not.toContain("bundle");
      await home.run(["runtime", "remove", "-f", "demo"]);
      await home.run(["gc", "--yes"]);
      expect((await records(home)).length).toBe(1);
      expect(await home.run(RUN.map((word) => (word === "demo" ? "demo2" : word)))).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );

  test(
    "copies to files and servers say that they go without it, and the bundle can be made again",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await loneHome(mode);
      await using server = await startStarwhale();
      await loggedIn(home, server);
      await home.run(["runtime", "import", demo.file]);
      const copy = async (...words: string[]) => await home.run(["runtime", "copy", ...words]);
      for (const [from, to] of [
        ["demo", "plain.swrt"],
        ["demo", "cloud://pre-k8s/project/starwhale"],
        [demo.file, "other.swrt"],
      ] as const) {
        const copied = await copy(from, to);
        expect(copied).toMatchObject({ exitCode: 0 });
        expect(copied.stderr).toContain("without the 3 files of its lock that came in a bundle");
      }
      const plain = (await membersOf(`${home.dir}/plain.swrt`)).map(({ path }) => path);
      expect(plain.filter((path) => path.startsWith("bundle/"))).toEqual([]);
      expect((await copy("plain.swrt", "again.swrt")).stderr).not.toContain("bundle");
    },
    LONG,
  );

  test(
    "a bundle brings its packages to a version that is there already, also with --skip-existing",
    async () => {
      await using demo = await builtDemo(mode);
      await demo.bundle();
      await using home = await cutOffHome(mode);
      const plain = `${home.dir}/plain.swrt`;
      await demo.home.run(["runtime", "copy", "demo", plain]);
      await home.run(["runtime", "import", plain]);
      expect(await home.run(["runtime", "copy", demo.file, "."])).toMatchObject({ exitCode: 4 });
      expect(await home.run(RUN)).toMatchObject({ exitCode: 125 });
      expect(await home.run(["runtime", "copy", "--skip-existing", demo.file, "."])).toMatchObject({ exitCode: 0 });
      expect(await home.run(RUN)).toMatchObject({ exitCode: 0 });
    },
    LONG,
  );
});

test(
  "a file of a bundle that is gone is named with the runtime that loses it, and only that one is forgotten",
  async () => {
    await using demo = await builtDemo("in-process");
    await demo.bundle();
    await using home = await cutOffHome("in-process");
    await home.run(["runtime", "import", demo.file]);
    const lost = await wheelIn(demo.file, /revpkg/);
    await rm(await blobOf(home, lost), { force: true });
    const first = (await home.run(["-o", "json", "doctor", "--store"])).json;
    expect(first).toMatchObject({ ok: false, problems: [{ kind: "content", what: `sha256:${lost}`, done: "none" }] });
    expect(first.problems[0].used_by).toEqual([expect.stringContaining(`demo/version/${demo.version}`)]);
    expect(first.problems[0].hint).toContain("came in a bundle");
    expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({ ok: true, problems: [] });
    const missing = await home.run(RUN);
    expect(missing.json.error.message).toEndWith(": revpkg==1.0");
    const again = await home.run(["-o", "json", "runtime", "bundle", "demo", "--file", "again.swrt"], { env: OFFLINE });
    expect(again.json).toMatchObject({ error: { code: "LOCK_FAILED" } });
    await home.run(["runtime", "import", "-f", demo.file]);
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0 });
  },
  LONG,
);

const OFFLINE = { UV_OFFLINE: "1" };

test(
  "a record of a bundle that can't be read is set aside by doctor; the runtime needs a network or the bundle then",
  async () => {
    await using demo = await builtDemo("in-process");
    await demo.bundle();
    await using home = await cutOffHome("in-process");
    await home.run(["runtime", "import", demo.file]);
    const [record = ""] = await records(home);
    await Bun.write(record, "{");
    const failed = await home.run(RUN);
    expect(failed).toMatchObject({ exitCode: 125, json: { error: { code: "STORE_DAMAGED" } } });
    expect(failed.json.error.hint).toContain("swcli doctor --store");
    const found = (await home.run(["-o", "json", "doctor", "--store"])).json;
    expect(found).toMatchObject({
      ok: false,
      problems: [{ kind: "version", what: demo.version, done: "quarantined" }],
    });
    expect((await home.run(["-o", "json", "doctor", "--store"])).json).toMatchObject({ ok: true, problems: [] });
    await home.run(["runtime", "import", "-f", demo.file]);
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0 });
  },
  LONG,
);
