import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelAccess } from "#core/conda/channel-access.ts";
import type { CondarcData } from "#core/config/condarc.ts";
import type { Ctx } from "#core/context.ts";
import { Flights } from "#core/flight.ts";
import { Memo } from "#core/memo.ts";
import { storePaths } from "#core/platform/paths.ts";
import { silentReport } from "#core/report.ts";

async function access(condarc: string, own: CondarcData = {}, env: Record<string, string> = {}) {
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
  const found = await channelAccess(ctx, own);
  await rm(home, { recursive: true });
  return found;
}

test("names become addresses by custom_channels and channel_alias; others are left to the engine", async () => {
  const plain = await access("");
  expect(plain.channels(["conda-forge", "nodefaults", "https://h/c/"], "/p")).toEqual(["conda-forge", "https://h/c"]);
  const own = await access("channel_alias: https://mirror/conda\ncustom_channels: { lab: https://lab/conda }\n");
  expect(own.channels(["conda-forge", "lab", "lab/label/dev", "lab2", "./here"], "/p")).toEqual([
    "https://mirror/conda/conda-forge",
    "https://lab/conda/lab",
    "https://lab/conda/lab/label/dev",
    "https://mirror/conda/lab2",
    "file:///p/here",
  ]);
});

test("the runtime's own condarc wins over the user's, and adds to its custom channels", async () => {
  const found = await access(
    "channel_alias: https://mine\ncustom_channels: { a: https://a }\nchannel_priority: flexible\n",
    {
      channel_alias: "https://theirs",
      custom_channels: { b: "https://b" },
      channel_priority: "disabled",
    },
  );
  expect(found.channels(["x", "a", "b"], "/")).toEqual(["https://theirs/x", "https://a/a", "https://b/b"]);
  expect(found.priority).toBe("disabled");
});

test("logins go as headers, tokens stay in the addresses that are asked for, which nobody else sees", async () => {
  const found = await access(
    "channels: ['https://me:p%40w@one/c', 'https://two/t/$TOKEN/priv', 'https://me:p@w@three/c']\n",
    {},
    { TOKEN: "tk1" },
  );
  expect(found.logins).toEqual({ one: "me:p@w", three: "me:p@w" });
  expect(found.channels(found.own, "/")).toEqual(["https://one/c", "https://two/t/tk1/priv", "https://three/c"]);
  expect(found.mirrors).toEqual({ "https://two/priv": "https://two/t/tk1/priv" });
  expect(found.authorize("https://two/priv/noarch/x.conda")).toBe("https://two/t/tk1/priv/noarch/x.conda");
  expect(found.authorize("https://two/private/x.conda")).toBe("https://two/private/x.conda");
  expect(found.authorize("https://one/c/noarch/x.conda")).toBe("https://one/c/noarch/x.conda");
});
