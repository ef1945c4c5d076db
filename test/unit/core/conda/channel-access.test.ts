import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelAccess, lockAccess, withAddress } from "#core/conda/channel-access.ts";
import { noSecrets, openPackage, rememberSecrets } from "#core/conda/channel-secrets.ts";
import type { CondarcData } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import { storePaths } from "#core/platform/paths.ts";
import { silentReport } from "#core/report.ts";

interface Asked {
  names?: string[];
  own?: CondarcData;
  env?: Record<string, string>;
}

async function withHome<T>(condarc: string, env: Record<string, string>, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "condarc-"));
  await writeFile(join(home, ".condarc"), condarc);
  const ctx: Ctx = {
    env: { HOME: home, ...env },
    cwd: home,
    clock: { now: () => 0 },
    paths: storePaths(home),
    signal: new AbortController().signal,
    report: silentReport,
    memo: new Memo(),
    flights: new Flights(),
    longLived: false,
    background: () => undefined,
    takeTurn: async () => {},
  };
  try {
    return await work(ctx);
  } finally {
    await rm(home, { recursive: true });
  }
}

const access = async (condarc: string, { names = [], own = {}, env = {} }: Asked = {}) =>
  await withHome(condarc, env, async (ctx) => {
    const secrets = noSecrets();
    const found = await channelAccess(ctx, { names, base: "/p", condarc: own, secrets });
    return { ...found, written: secrets.written };
  });

test("names become addresses by custom_channels and channel_alias; others are left to the engine", async () => {
  const plain = await access("", { names: ["conda-forge", "nodefaults", "https://h/c/"] });
  expect(plain.channels).toEqual(["conda-forge", "https://h/c"]);
  const condarc = "channel_alias: https://mirror/conda\ncustom_channels: { lab: https://lab/conda }\n";
  const own = await access(condarc, { names: ["conda-forge", "lab", "lab/label/dev", "lab2", "./here", "lab"] });
  expect(own.channels).toEqual([
    "https://mirror/conda/conda-forge",
    "https://lab/conda/lab",
    "https://lab/conda/lab/label/dev",
    "https://mirror/conda/lab2",
    "file:///p/here",
  ]);
  const inSpecs = ["lab::x >=1", "lab/linux-64::x", "lab/label/dev::x", "bioconda::x", "https://h/c::x", "x"];
  expect(inSpecs.map((spec) => withAddress(spec, own.named))).toEqual([
    "https://lab/conda/lab::x >=1",
    "https://lab/conda/lab/linux-64::x",
    "https://lab/conda/lab/label/dev::x",
    ...inSpecs.slice(3),
  ]);
});

test("who names no channel gets those of the runtime's condarc, else of the user's, else conda-forge", async () => {
  expect((await access("")).channels).toEqual(["conda-forge"]);
  expect((await access("channels: [mine]\n")).channels).toEqual(["mine"]);
  expect((await access("channels: [mine]\n", { own: { channels: ["theirs"] } })).channels).toEqual(["theirs"]);
});

test("the runtime's own condarc wins over the user's, and adds to its custom channels", async () => {
  const found = await access(
    "channel_alias: https://mine\ncustom_channels: { a: https://a }\nchannel_priority: flexible\n",
    {
      names: ["x", "a", "b"],
      own: { channel_alias: "https://theirs", custom_channels: { b: "https://b" }, channel_priority: "disabled" },
    },
  );
  expect(found.channels).toEqual(["https://theirs/x", "https://a/a", "https://b/b"]);
  expect(found.priority).toBe("disabled");
});

test.each([
  ["true", "flexible"],
  ["false", "disabled"],
  ["Flexible", "flexible"],
  ["strict", "strict"],
  ["flexibel", "strict"],
] as const)("channel_priority: %s is %s", async (written, priority) => {
  const warned: string[] = [];
  const got = await withHome(`channel_priority: ${written}\n`, {}, async (ctx) => {
    const report = { ...silentReport, warn: (text: string) => void warned.push(text) };
    const question = { names: ["main"], base: "/", condarc: {}, secrets: noSecrets() };
    return await channelAccess({ ...ctx, report }, question);
  });
  expect(got.priority).toBe(priority);
  expect(warned.length).toBe(written === "flexibel" ? 1 : 0);
});

test("logins go as headers, tokens stay in the addresses that are asked for, which nobody else sees", async () => {
  const found = await access(
    "channels: ['https://me:p%40w@one/c', 'https://two/t/$TOKEN/priv', 'https://me:p@w@three/c']\n",
    { env: { TOKEN: "tk1" } },
  );
  expect(found.channels).toEqual(["https://one/c", "https://two/priv", "https://three/c"]);
  expect(found.secrets.logins).toEqual({ one: "me:p@w", three: "me:p@w" });
  expect(found.secrets.mirrors).toEqual({ "https://two/priv": "https://two/t/tk1/priv" });
  const open = (url: string) => openPackage(url, found.secrets);
  expect(open("https://two/priv/noarch/x.conda")).toBe("https://two/t/tk1/priv/noarch/x.conda");
  expect(open("https://two/private/x.conda")).toBe("https://two/private/x.conda");
  expect(open("https://one/c/noarch/x.conda")).toBe("https://one/c/noarch/x.conda");
});

test("a lock is told of the variables of the runtime's own condarc, and of nothing that the user's says", async () => {
  const custom = { lab: "https://me:${LAB_PW}@lab/conda", odd: "https://odd/t/tk/conda" };
  const own = { custom_channels: custom };
  const found = await access("custom_channels: { mine: 'https://${USER_PW}@mine/conda' }\n", {
    names: ["lab", "odd", "mine"],
    own,
    env: { LAB_PW: "l", USER_PW: "u" },
  });
  expect(found.channels).toEqual(["https://lab/conda/lab", "https://odd/conda/odd", "https://mine/conda/mine"]);
  expect(found.written["https://lab/conda/lab"]).toBe("https://me:${LAB_PW}@lab/conda/lab");
  expect(found.written["https://odd/conda/odd"]).toBe("");
  expect(Object.keys(found.written).join()).not.toContain("mine");
  expect(found.secrets.logins).toEqual({ lab: "me:l", mine: "u" });
});

test("a restore takes the numbered variable before those of the lock, the condarc, netrc and what a build has told", async () => {
  const channels = ["conda-forge", "https://two/c", "https://three/c"];
  const lock = { channels, access: { "https://two/c": "https://lock:${LOCK_PW}@two/c" } };
  const condarc = "channels: ['https://rc:x@two/c']\n";
  const login = async (env: Record<string, string>, from = condarc, netrc = "") =>
    await withHome(from, env, async (ctx) => {
      await writeFile(join(ctx.cwd, ".netrc"), netrc);
      rememberSecrets(ctx, { ...noSecrets(), logins: { two: "build:x" } });
      return (await lockAccess(ctx, lock)).secrets;
    });
  const variables = { SW_CONDA_AUTH_1: "not:sent", SW_CONDA_AUTH_2: "own:x", SW_CONDA_AUTH_3: "tk", LOCK_PW: "x" };
  const all = await login(variables);
  expect(all.logins).toEqual({ two: "own:x" });
  expect(all.mirrors).toEqual({ "https://three/c": "https://three/t/tk/c" });
  expect((await login({ LOCK_PW: "x" })).logins.two).toBe("lock:x");
  expect((await login({})).logins.two).toBe("rc:x");
  expect((await login({}, "", "machine two login net password x\n")).logins.two).toBe("net:x");
  expect((await login({}, "")).logins.two).toBe("build:x");
});
