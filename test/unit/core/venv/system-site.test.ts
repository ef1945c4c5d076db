import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { markerEnv } from "#core/venv/marker.ts";
import { neededFrom, systemSites } from "#core/venv/system-site.ts";
import { storeHome } from "../store/store-home.ts";

const ENV = markerEnv("3.11.7", "linux-x86_64");
const one = (key: string, ...requires: string[]) => ({ key, requires });

test("what an environment's own packages need of the base is found, and what that needs; nothing else is", () => {
  const own = [one("app", "pandas>=1", "six", "only-there ; sys_platform == 'win32'"), one("six")];
  const base = [one("numpy"), one("pandas", "NumPy"), one("pip"), one("only-there"), one("six")];
  expect(neededFrom(own, base, ENV).map(({ key }) => key)).toEqual(["numpy", "pandas"]);
});

test("the user's own packages come before the installation's, Debian's folders count, and what is not there does not", async () => {
  await using home = await storeHome();
  const [user, prefix] = [`${home.dir}/home/.local/lib/python3.11/site-packages`, `${home.dir}/usr`];
  const debian = [`${prefix}/local/lib/python3.11/dist-packages`, `${prefix}/lib/python3/dist-packages`];
  for (const folder of [user, ...debian]) await mkdir(folder, { recursive: true });
  expect(await systemSites({ HOME: `${home.dir}/home` }, prefix, "3.11")).toEqual([user, ...debian]);
  expect(await systemSites({ HOME: "/x", PYTHONUSERBASE: `${home.dir}/home/.local` }, "/x", "3.11")).toEqual([user]);
});
