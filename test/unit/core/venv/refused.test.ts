import { expect, test } from "bun:test";
import type { LocalOrigin } from "#core/venv/origin.ts";
import { notOnIndex, refuseLocal } from "#core/venv/refused.ts";

const origin = (kind: LocalOrigin["kind"], name: string, place: string): LocalOrigin => ({
  kind,
  place,
  distribution: {
    ...{ key: name.toLowerCase(), name, version: "1.0", requires: [], requiresPython: undefined },
    ...{ site: "/s", info: "", direct: undefined, installer: "" },
  },
});
const ALL = [
  origin("editable", "Dev", "/srv/dev"),
  origin("project", "proj", "/srv/proj"),
  origin("file", "whl", "/srv/whl-1.0-py3-none-any.whl"),
  origin("repository", "repo", "hg+https://me:s3cret@h/r"),
  origin("unknown", "odd", "/s/odd-1.0.dist-info/direct_url.json"),
];
const refusal = (origins: LocalOrigin[], allowed: { editable: boolean; localWheel: boolean }) => {
  try {
    refuseLocal(origins, allowed);
  } catch (e) {
    return e;
  }
  return undefined;
};

test("everything that can't travel is told at once, with its place, no password, and the flags that let it in", () => {
  const error = refusal(ALL, { editable: false, localWheel: false });
  expect(error).toMatchObject({ code: "LOCK_FAILED", detail: { packages: ["dev", "proj", "whl", "repo", "odd"] } });
  const { message, hint } = error as Error & { hint: string };
  expect(message.split("\n").slice(1)).toEqual([
    "  Dev 1.0: editable, from /srv/dev",
    "  proj 1.0: installed from the folder /srv/proj",
    "  whl 1.0: installed from the file /srv/whl-1.0-py3-none-any.whl",
    "  repo 1.0: from a repository that only this machine reaches: hg+https://me:***@h/r",
    "  odd 1.0: from nobody knows where, since this can't be read: /s/odd-1.0.dist-info/direct_url.json",
  ]);
  expect(hint).toStartWith("-ie and -ilw carries");
});

test("each flag lets in its own kinds only", () => {
  expect(refusal(ALL, { editable: true, localWheel: false })).toMatchObject({ detail: { packages: ["whl", "odd"] } });
  expect(refusal(ALL, { editable: false, localWheel: true })).toMatchObject({
    detail: { packages: ["dev", "proj", "repo"] },
  });
  expect(refusal(ALL, { editable: true, localWheel: true })).toBeUndefined();
  expect(refusal([], { editable: false, localWheel: false })).toBeUndefined();
});

test("what no index has is listed with the reason of each", () => {
  const error = notOnIndex([
    { name: "a", version: "1", reason: "no such version on your indexes" },
    { name: "b", version: "2", reason: "not there" },
  ]);
  expect(error.message).toEndWith(":\n  a 1: no such version on your indexes\n  b 2: not there");
  expect(error).toMatchObject({ code: "LOCK_FAILED", detail: { packages: ["a", "b"] } });
});
