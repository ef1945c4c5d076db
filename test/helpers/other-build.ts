/** The program under test as another release would be: the same, with another build id. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Home, SWCLI_BIN } from "./home.ts";

/** @returns the path of the other one; `build` is the id of the one under test, as `daemon status` says it */
export async function otherBuild(home: Home, build: string): Promise<string> {
  const path = join(home.dir, "swcli-other");
  const bytes = await readFile(SWCLI_BIN);
  const [needle, changed] = [Buffer.from(build), Buffer.from([...build].reverse().join(""))];
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) changed.copy(bytes, at);
  await writeFile(path, bytes);
  await chmod(path, 0o755);
  return path;
}
