import { expect, test } from "bun:test";
import { chooseEnvs, type EnvFacts } from "#core/env/env-policy.ts";

/** `shared` names files of 10 bytes that others may hold too. */
const size = (own: number, shared = "") => ({ own, shared: new Map([...shared].map((file) => [file, 10])) });
const env = (path: string, facts: Partial<EnvFacts> = {}): EnvFacts => ({
  ...{ path, key: path, whole: true, needed: true, busy: undefined, lastUse: 100, usage: size(10) },
  ...facts,
});
const names = (envs: readonly { env: EnvFacts }[]) => envs.map(({ env: { path } }) => path);
const nothing = { unneededBefore: -1, unusedBefore: undefined, limit: undefined };

test("unfinished ones and those of ended shells always go, needed ones only when asked, unneeded ones when old enough", () => {
  const envs = [env("half", { whole: false }), env("free", { needed: false }), env("own")];
  expect(names(chooseEnvs([...envs, env("ended", { ended: true })], nothing).go)).toEqual(["half", "ended"]);
  expect(names(chooseEnvs(envs, { ...nothing, unneededBefore: 99 }).go)).toEqual(["half"]);
  expect(names(chooseEnvs(envs, { ...nothing, unneededBefore: 100 }).go)).toEqual(["half", "free"]);
  expect(names(chooseEnvs(envs, { ...nothing, unusedBefore: 100 }).go)).toEqual(["half", "free", "own"]);
});

test("the limit takes the longest unused first and stops when the rest fits", () => {
  const envs = [env("new", { lastUse: 3 }), env("old", { lastUse: 1 }), env("middle", { lastUse: 2 })];
  expect(names(chooseEnvs(envs, { ...nothing, limit: 30 }).go)).toEqual([]);
  expect(names(chooseEnvs(envs, { ...nothing, limit: 29 }).go)).toEqual(["old"]);
  expect(names(chooseEnvs(envs, { ...nothing, limit: 0 }).go)).toEqual(["old", "middle", "new"]);
});

test("what was used at a given time or since stays whatever the limit, and counts", () => {
  const envs = [env("new", { lastUse: 3 }), env("old", { lastUse: 1 }), env("middle", { lastUse: 2 })];
  const gone = (limitUsedBefore: number) => names(chooseEnvs(envs, { ...nothing, limit: 0, limitUsedBefore }).go);
  expect([1, 2, 3].map(gone)).toEqual([[], ["old"], ["old", "middle"]]);
  expect(names(chooseEnvs(envs, { ...nothing, limit: 29, limitUsedBefore: 3 }).go)).toEqual(["old"]);
});

test("a busy one stays with its reason, and under a limit the next one goes in its place", () => {
  const envs = [env("old", { lastUse: 1, busy: "a shell is in it" }), env("new", { lastUse: 2 })];
  const { go, kept } = chooseEnvs(envs, { ...nothing, limit: 15 });
  expect([names(go), kept.map(({ why }) => why)]).toEqual([["new"], ["a shell is in it"]]);
});

test("what goes for another reason counts for the limit", () => {
  const envs = [env("half", { whole: false, usage: size(50) }), env("own")];
  expect(names(chooseEnvs(envs, { ...nothing, limit: 10 }).go)).toEqual(["half"]);
});

test("under the limit bytes that environments share count once, and go with the last that has them", () => {
  const envs = [
    env("old", { lastUse: 1, usage: size(1, "abc") }),
    env("middle", { lastUse: 2, usage: size(1, "abc") }),
    env("new", { lastUse: 3, usage: size(1, "cd") }),
  ];
  const gone = (limit: number) => names(chooseEnvs(envs, { ...nothing, limit }).go);
  expect(gone(43)).toEqual([]);
  expect(gone(42)).toEqual(["old"]);
  expect(gone(41)).toEqual(["old", "middle"]);
  expect(gone(21)).toEqual(["old", "middle"]);
  expect(gone(20)).toEqual(["old", "middle", "new"]);
});

test("what a busy one shares is not freed by the others", () => {
  const envs = [
    env("old", { lastUse: 1, usage: size(1, "ab") }),
    env("busy", { lastUse: 2, usage: size(1, "ab"), busy: "a shell is in it" }),
    env("new", { lastUse: 3, usage: size(5) }),
  ];
  expect(names(chooseEnvs(envs, { ...nothing, limit: 25 }).go)).toEqual(["old", "new"]);
});
