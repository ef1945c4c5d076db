import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { storeHome } from "../store/store-home.ts";
import { packProject } from "./packed.ts";

const SECRET = "s3cr3t";
const URL = `https://me:${SECRET}@example.invalid/simple`;

test("no secret of a URL reaches the store from the yaml, a requirement file, an included or a conda file", async () => {
  await using home = await storeHome();
  const version = await packProject(home, {
    "runtime.yaml": `name: demo # ${URL}\nmode: venv\nconfigs:\n  pip:\n    index_url: ${URL}\nenvironment:\n  python: '3.11'\ndependencies:\n  - requirements.txt\n  - env.yaml\n`,
    "requirements.txt": `# from ${URL}\n-r more.txt\n`,
    "more.txt": `# as in ${URL}\nsix\n`,
    "env.yaml": `channels: ["${URL}"]\ndependencies: []\n`,
  });
  expect(version.entries.map(({ path }) => path)).toContain("dependencies/more.txt");
  const stored = await home.stored();
  expect(stored.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(stored.filter((text) => text.includes("https://example.invalid/simple")).length).toBeGreaterThanOrEqual(4);
  // Of the yaml's own its reader has warned, with the line.
  expect(home.said.filter((line) => line.includes("runtime.yaml holds"))).toEqual([]);
  for (const file of ["requirements.txt", "more.txt", "env.yaml"]) {
    const warnings = home.said.filter((line) => line.includes(`${file} holds a password`));
    expect(warnings, file).toHaveLength(1);
    expect(warnings[0]).not.toContain(SECRET);
  }
});

test("a secret of the yaml that its reader has no line for (in a comment) is warned of too", async () => {
  await using home = await storeHome();
  await packProject(home, { "runtime.yaml": `name: demo # ${URL}\nenvironment: {python: '3.11'}\n` });
  expect(home.said.filter((line) => line.includes("runtime.yaml holds a password"))).toHaveLength(1);
  expect((await home.stored()).filter((text) => text.includes(SECRET))).toEqual([]);
});

test("the person's own files stay as they are, and texts without a secret go in byte for byte", async () => {
  await using home = await storeHome();
  const requirements = `# ${URL}\r\nsix`;
  const yaml = "\uFEFFname: demo\nenvironment: {python: '3.11'}\ndependencies: [requirements.txt, plain.txt]\n";
  const plain = "# https://${USER}:${TOKEN}@example.invalid and git+ssh://git@example.invalid/x\r\n";
  await packProject(home, { "runtime.yaml": yaml, "requirements.txt": requirements, "plain.txt": plain });
  expect(await readFile(join(home.dir, "project/requirements.txt"), "utf8")).toBe(requirements);
  const stored = await home.stored();
  expect(stored).toContain(plain);
  expect(stored).toContain(Buffer.from(yaml).toString("latin1"));
});
