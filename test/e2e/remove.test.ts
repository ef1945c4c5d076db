import { expect, test } from "bun:test";
import { bothModes, type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsProgram, testWith } from "../helpers/needs.ts";
import { buildMany, buildSmall } from "./small-runtime.ts";

const json = async (home: Home, ...args: string[]) => {
  const ran = await home.run(["-o", "json", "runtime", ...args]);
  return { code: ran.exitCode, json: ran.json };
};

/** Version → tags, of live versions. */
async function live(home: Home): Promise<Record<string, string[]>> {
  const rows: { version: string; tags: string[] }[] = (await json(home, "list")).json;
  return Object.fromEntries(rows.map(({ version, tags }) => [version, tags]));
}

bothModes((mode) => {
  test("one version goes with its tags, latest moves to the newest left, and recovery brings all back", async () => {
    await using home = await tempHome({ mode });
    const [v0 = "", v1 = "", v2 = ""] = await buildMany(home, "a", 3);
    await json(home, "tag", "a", "x");
    const before = await live(home);
    expect((await json(home, "rm", "a/version/x")).json).toMatchObject({ latest: v1, permanent: false });
    expect(await live(home)).toEqual({ [v1]: ["latest", "v1"], [v0]: ["v0"] });
    const back = await json(home, "recover", "a/version/x");
    expect(back.json).toMatchObject({ recovered: [{ version: v2, tags: ["latest", "v2", "x"] }], latest: v2 });
    expect(await live(home)).toEqual(before);
  });

  test("without a version all go, are no longer found, and all come back", async () => {
    await using home = await tempHome({ mode });
    await buildMany(home, "a", 2);
    const before = await live(home);
    expect((await json(home, "remove", "a")).json.removed).toHaveLength(2);
    expect(await live(home)).toEqual({});
    for (const verb of [["info"], ["tag", "x"], ["run", "true"], ["history"]]) {
      const [name = "", ...args] = verb;
      const used = await home.run(["runtime", name, "a", ...args]);
      expect([name, used.exitCode === 0 && name !== "history"]).toEqual([name, false]);
    }
    expect((await json(home, "remove", "a")).json.error.code).toBe("RUNTIME_NOT_FOUND");
    expect((await json(home, "recover", "a")).json.recovered).toHaveLength(2);
    expect(await live(home)).toEqual(before);
  });

  test("recover takes a full id, a beginning, a tag or vN, and says AMBIGUOUS where two had the tag", async () => {
    await using home = await tempHome({ mode });
    const [v0 = "", v1 = ""] = await buildMany(home, "a", 3);
    await json(home, "tag", "a/version/v0", "x");
    await json(home, "rm", "a/version/v0");
    await json(home, "tag", "a/version/v1", "x");
    await json(home, "rm", "a/version/v1");
    const ambiguous = await json(home, "recover", "a/version/x");
    expect([ambiguous.code, ambiguous.json.error.code]).toEqual([3, "AMBIGUOUS"]);
    expect(ambiguous.json.error.message).toMatch(new RegExp(`${v0}\\s+${v1}`));
    expect((await json(home, "recover", `a/version/${v0.slice(0, 5)}`)).json.recovered).toMatchObject([
      { version: v0 },
    ]);
    // The first has it again; the other one comes without.
    const second = await json(home, "recover", "a/version/v1");
    expect(second.json).toMatchObject({ recovered: [{ version: v1, tags: ["v1"] }] });
    expect(second.json.said).toEqual([`tag x stays with ${v0.slice(0, 12)}`]);
    expect((await json(home, "recover", "a/version/abc")).json.error.code).toBe("VERSION_NOT_FOUND");
  });

  test("recovering what is there, or beside a name that was given anew, needs -f", async () => {
    await using home = await tempHome({ mode });
    const [v0 = "", v1 = ""] = await buildMany(home, "a", 2);
    expect((await json(home, "recover", "a/version/v0")).json.error.code).toBe("EXISTS");
    expect(await json(home, "recover", "-f", "a/version/v0")).toMatchObject({ code: 0, json: { recovered: [] } });
    await json(home, "remove", "a");
    const anew = await buildSmall(home, "a", "9.9");
    expect(anew.tags).toEqual(["latest", "v2"]);
    const refused = await json(home, "recover", "a");
    expect([refused.code, refused.json.error.code]).toEqual([4, "EXISTS"]);
    expect((await json(home, "recover", "--force", "a")).json).toMatchObject({ latest: anew.version });
    expect(Object.keys(await live(home)).sort()).toEqual([v0, v1, anew.version].sort());
  });

  test("recover without a version brings back what was removed one by one, without -f", async () => {
    await using home = await tempHome({ mode });
    const ids = await buildMany(home, "a", 3);
    await json(home, "rm", "a/version/v0");
    await json(home, "rm", "a/version/v1");
    expect((await json(home, "recover", "a")).json.recovered).toHaveLength(2);
    expect(Object.keys(await live(home)).sort()).toEqual([...ids].sort());
    expect((await json(home, "recover", "a")).json.error.code).toBe("VERSION_NOT_FOUND");
  });

  test("-f is for good: a version, a removed version, and everything", async () => {
    await using home = await tempHome({ mode });
    const [, v1 = "", v2 = ""] = await buildMany(home, "a", 3);
    await json(home, "rm", "a/version/v0");
    expect((await json(home, "rm", "-f", "a/version/v0")).json).toMatchObject({ permanent: true });
    expect((await json(home, "recover", "a")).json.error.code).toBe("VERSION_NOT_FOUND");
    await json(home, "rm", "--force", "a/version/latest");
    expect(await live(home)).toEqual({ [v1]: ["latest", "v1"] });
    // Numbers are not given again while the runtime lives.
    expect(await buildSmall(home, "a", "1.2")).toMatchObject({ version: v2, tags: ["latest", "v3"] });
    await json(home, "rm", "a/version/v1");
    expect((await json(home, "rm", "-f", "a")).json.removed).toHaveLength(2);
    expect((await json(home, "recover", "a")).json.error.code).toBe("RUNTIME_NOT_FOUND");
    expect((await json(home, "list", "-sr")).json).toEqual([]);
  });

  test("a version that is built again while removed is live again, with its tags", async () => {
    await using home = await tempHome({ mode });
    const [v0 = ""] = await buildMany(home, "a", 2);
    await json(home, "tag", "a/version/v0", "x");
    await json(home, "rm", "a/version/v0");
    expect(await buildSmall(home, "a", "1.0")).toMatchObject({ version: v0, tags: ["latest", "v0", "x"] });
  });
});

testWith(needsProgram("script"))(
  "a person at a terminal is asked, and nothing happens unless the answer is yes",
  async () => {
    await using home = await tempHome();
    await buildMany(home, "a", 1);
    const typed = async (answer: string, ...args: string[]) => {
      const line = [SWCLI_BIN, "runtime", ...args].join(" ");
      const ran = await home.exec(["script", "-qec", line, "/dev/null"], { stdin: answer, timeoutMs: 20_000 });
      // The question is drawn letter by letter.
      return ran.stdout.replace(/\s/g, "");
    };
    expect(await typed("n\r", "remove", "a")).toMatch(/Removea\?.*nothingwasdone/);
    expect((await json(home, "list")).json).toHaveLength(1);
    expect(await typed("", "remove", "-y", "a")).not.toContain("Removea?");
    expect((await json(home, "list")).json).toHaveLength(0);
  },
);
