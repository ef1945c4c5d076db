import { expect, test } from "bun:test";
import { bothModes, tempHome } from "../helpers/home.ts";
import { buildSmall } from "./small-runtime.ts";

bothModes((mode) => {
  test("each part alone is `data`, all of them together have the keys that scripts know", async () => {
    await using home = await tempHome({ mode });
    const { version } = await buildSmall(home, "a", "1.0");
    const json = async (of: string) =>
      (await home.run(["-o", "json", "runtime", "info", "a/version/v0", "-of", of])).json;
    expect(await json("basic")).toMatchObject({
      basic: { name: "a", version, tags: ["latest", "v0"], python: "3.11", env: { state: "none", prefix: null } },
    });
    expect((await json("runtime_yaml")).data).toContain("six==1.0");
    expect((await json("manifest")).data).toMatchObject({ version });
    expect(await json("lock")).toEqual({ data: {} });
    expect(Object.keys(await json("all")).sort()).toEqual(["basic", "lock", "manifest", "yaml"]);
  });

  test("runtime_yaml is printed as it was written, so that it can be redirected", async () => {
    await using home = await tempHome({ mode });
    await buildSmall(home, "a", "1.0");
    const ran = await home.run(["runtime", "info", "a", "--output-filter", "runtime_yaml"]);
    expect(ran.stdout).toBe("name: a\nenvironment:\n  python: '3.11'\ndependencies:\n  - pip: [six==1.0]\n");
    const all = await home.run(["runtime", "info", "a", "-of", "ALL"]);
    expect(all.stdout).toMatch(/Name +a\n.*# runtime.yaml\n.*# _manifest.yaml\n.*# Locks/s);
  });

  test("what is not there is an error with code 3 and JSON, a part that is none is a usage error", async () => {
    await using home = await tempHome({ mode });
    const missing = await home.run(["-o", "json", "runtime", "info", "nope"]);
    expect([missing.exitCode, missing.json.error.code]).toEqual([3, "RUNTIME_NOT_FOUND"]);
    expect((await home.run(["runtime", "info", "nope", "-of", "x"])).exitCode).toBe(2);
  });
});
