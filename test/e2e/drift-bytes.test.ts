/** A thousand single-byte changes at random places, in sources, data and bytecode: each is found, none is invented. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Home, tempHome } from "../helpers/home.ts";
import { MINUTES } from "./activated.ts";

const YAML = "name: demo\nenvironment:\n  python: 3.11\ndependencies:\n  - pip: [rich]\n";

/** The same numbers each time. */
function dice(): (below: number) => number {
  let state = 20_240_229;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function settledPrefix(home: Home): Promise<string> {
  // A cache of its own: what is changed here is a hard link of what all others use.
  const env = { UV_CACHE_DIR: `${home.dir}/uv-cache` };
  const dir = await home.project({ "runtime.yaml": YAML });
  const built = await home.run(["runtime", "build", "--prepare", "wait"], { cwd: dir, env });
  if (built.exitCode !== 0) throw new Error(built.stderr);
  const { prefix } = (await home.run(["env", "info", "demo", "-o", "json"])).json;
  for (let tries = 0; tries < 600 && !existsSync(`${prefix}/.swcli/seen/site`); tries++) await Bun.sleep(100);
  return prefix;
}

test(
  "a thousand changes of one byte are all found",
  async () => {
    await using home = await tempHome();
    const prefix = await settledPrefix(home);
    const found = async (): Promise<string[]> => {
      const ran = await home.run(["env", "verify", "demo", "-o", "json"]);
      const { differences } = ran.json.environments[0];
      expect(ran.exitCode).toBe(differences.length > 0 ? 1 : 0);
      return differences.map(({ path }: { path: string }) => path).sort();
    };
    expect(await found()).toEqual([]);
    const files = readdirSync(prefix, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("/.swcli"))
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(prefix.length + 1))
      // `lib64` is a link to `lib`.
      .filter((path) => !path.startsWith("lib64/") && readFileSync(`${prefix}/${path}`).length > 0);
    expect(files.filter((path) => path.endsWith(".pyc")).length).toBeGreaterThan(100);
    const roll = dice();
    for (let changes = 0; changes < 1000; ) {
      const chosen = files.filter(() => roll(10) > 0).slice(0, 1000 - changes);
      const before = chosen.map((path) => readFileSync(`${prefix}/${path}`));
      chosen.forEach((path, i) => {
        const bytes = Buffer.from(before[i]!);
        const at = roll(bytes.length);
        bytes[at] = bytes[at]! ^ (1 + roll(255));
        writeFileSync(`${prefix}/${path}`, bytes);
      });
      expect(await found()).toEqual([...chosen].sort());
      for (const [i, path] of chosen.entries()) writeFileSync(`${prefix}/${path}`, before[i]!);
      changes += chosen.length;
    }
    expect(await found()).toEqual([]);
  },
  3 * MINUTES,
);
