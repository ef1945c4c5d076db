/** Files and trees of a runtime: what can be packed, and what is refused with its line. */
import { expect, test } from "bun:test";
import { chmod, mkdir, rename, stat, symlink } from "node:fs/promises";
import { bothModes, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";

const MINUTES = 60_000;
const BUILD = ["runtime", "build", "--prepare", "no"];
const yamlOf = (...files: string[]) =>
  `name: demo\nenvironment: {python: 3.11}\ndependencies:\n  - files:\n${files.map((f) => `      - ${f}\n`).join("")}`;

bothModes((mode) => {
  test(
    "a tree comes out as it went in: modes, links, empty folders, odd names",
    async () => {
      await using home = await tempHome({ mode });
      const dir = await home.project({ "runtime.yaml": yamlOf("{src: ./t/, dest: share/t}"), "t/a b\n'c'": "x" });
      await home.write(`${dir}/t/sub/run`, "#!/bin/sh\necho ran\n", 0o755);
      await mkdir(`${dir}/t/empty`);
      await symlink("sub/run", `${dir}/t/link`);
      expect(await home.run(BUILD, { cwd: dir })).toMatchObject({ exitCode: 0 });
      const script = `cd $VIRTUAL_ENV/share/t && ./link && ls -A && readlink link && cat "a b
'c'"`;
      const ran = await home.run(["runtime", "run", "demo", "sh", "-c", script]);
      expect(ran.stdout).toBe("ran\na b\n'c'\nempty\nlink\nsub\nsub/run\nx");
    },
    MINUTES,
  );

  test(
    "a thousand files are one build, and unchanged ones are not copied again",
    async () => {
      await using home = await tempHome({ mode });
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`big/f${i}`, `file ${i}\n`]));
      const dir = await home.project({ "runtime.yaml": yamlOf("{src: big, dest: share/big}"), ...many });
      const first = await home.run([...BUILD, "-o", "json"], { cwd: dir });
      expect(first).toMatchObject({ exitCode: 0 });
      const blobs = (await stat(`${home.root}/.store/v1/ingest`)).mtimeMs;
      const again = await home.run([...BUILD, "-o", "json"], { cwd: dir });
      expect(again.json).toMatchObject({ version: first.json.version, unchanged: true });
      // Every copy into the store passes through this folder.
      expect((await stat(`${home.root}/.store/v1/ingest`)).mtimeMs).toBe(blobs);
    },
    2 * MINUTES,
  );
});

test(
  "the folder of the yaml itself can be packed, with links inside it",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": yamlOf("{src: ., dest: share/all}"), "t/a": "x" });
    await symlink("a", `${dir}/t/l`);
    expect(await home.run(BUILD, { cwd: dir })).toMatchObject({ exitCode: 0 });
  },
  MINUTES,
);

const REFUSED: [string, string, RegExp][] = [
  ["{src: a, dest: bin/python}", "the interpreter as dest", /would replace the environment's own interpreter/],
  ["{src: a, dest: ../a}", "a dest outside", /leads out of the environment/],
  ["{src: link, dest: share/x}", "a link that leads out", /leads out of the folder/],
  ["{src: pipe, dest: share/x}", "a pipe", /neither a file nor a folder/],
  ["{src: none, dest: share/x}", "a file that is not there", /none is not there/],
];
for (const [item, what, message] of REFUSED) {
  testWith(needsLinux())(
    `${what} is refused with its line`,
    async () => {
      await using home = await tempHome();
      const dir = await home.project({ "runtime.yaml": yamlOf(item), a: "x" });
      await symlink("/etc/passwd", `${dir}/link`);
      await home.exec(["mkfifo", `${dir}/pipe`]);
      const failed = await home.run(BUILD, { cwd: dir });
      expect(failed).toMatchObject({ exitCode: 2, stdout: "" });
      expect(failed.stderr).toMatch(message);
      expect(failed.stderr).toContain("runtime.yaml:5:");
    },
    MINUTES,
  );
}

testWith(needsLinux())(
  "a file whose name is not UTF-8 is refused by that reason",
  async () => {
    await using home = await tempHome();
    const dir = await home.project({ "runtime.yaml": yamlOf("{src: t, dest: share/t}"), "t/a": "x" });
    await rename(`${dir}/t/a`, Buffer.concat([Buffer.from(`${dir}/t/caf`), Buffer.from([0xe9])]));
    const failed = await home.run(BUILD, { cwd: dir });
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toContain("its name is not UTF-8");
    await chmod(`${dir}/t`, 0o755);
  },
  MINUTES,
);
