/** The compiled binary by itself: what it says of itself, and that the folder it is run in has no say in it. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { SWCLI_BIN, tempHome } from "../helpers/home.ts";

test("--version prints the version alone, -v adds the build id of the sources", async () => {
  await using home = await tempHome();
  const plain = await home.run(["--version"]);
  expect(plain).toMatchObject({ exitCode: 0, stderr: "" });
  expect(plain.stdout).toMatch(new RegExp(`^(swcli )?${manifest.version}\n$`));
  const verbose = await home.run(["-v", "--version"]);
  expect(verbose.exitCode).toBe(0);
  expect(verbose.stdout).toContain(await Bun.file(join(SWCLI_BIN, "../.build-id")).text());
});

test("a bunfig.toml in the working folder does not run inside the binary", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const mark = join(home.dir, "preloaded");
  const dir = await home.project({
    "bunfig.toml": 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n',
    "evil.ts": `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "");\n`,
    "package.json": '{ "type": "module" }\n',
  });
  expect(await home.run(["runtime", "list"], { cwd: dir })).toMatchObject({ exitCode: 0 });
  expect(existsSync(mark)).toBe(false);
});

test("a .env in the working folder does not move the store", async () => {
  await using home = await tempHome({ mode: "in-process", env: { SW_LOCAL_STORAGE: undefined } });
  const stolen = join(home.dir, "stolen");
  const line = `SW_LOCAL_STORAGE=${stolen}\n`;
  const dir = await home.project({ ".env": line, ".env.local": line, ".env.production": line });
  expect(await home.run(["runtime", "list"], { cwd: dir })).toMatchObject({ exitCode: 0 });
  expect(existsSync(stolen)).toBe(false);
});
