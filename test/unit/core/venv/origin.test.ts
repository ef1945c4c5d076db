import { expect, test } from "bun:test";
import type { DirectUrl, Distribution } from "#core/venv/distribution.ts";
import { isLocal, originOf } from "#core/venv/origin.ts";

const COMMIT = "c".repeat(40);
const installed = (direct?: Distribution["direct"]): Distribution => ({
  ...{ key: "own-thing", name: "Own.Thing", version: "1.0", requires: [], requiresPython: undefined },
  ...{ site: "/s", info: "own_thing-1.0.dist-info", installer: "pip", direct },
});
const travels = (direct?: Distribution["direct"]) => {
  const origin = originOf(installed(direct));
  return isLocal(origin) ? `${origin.kind} ${origin.place}` : `${origin.kind} ${origin.requirement}`;
};
const vcs = (url: string, more: object = {}, kind = "git"): DirectUrl => ({
  ...{ url, vcs_info: { vcs: kind, commit_id: COMMIT } },
  ...more,
});

test("a package of an index travels by its exact version", () => {
  expect(travels()).toBe("index Own.Thing==1.0");
});

test("a package of a repository travels by its commit, with its folder in there", () => {
  expect(travels(vcs("https://h/r.git"))).toBe(`vcs Own.Thing @ git+https://h/r.git@${COMMIT}`);
  expect(travels(vcs("ssh://git@h/r.git", { subdirectory: "py" }))).toBe(
    `vcs Own.Thing @ git+ssh://git@h/r.git@${COMMIT}#subdirectory=py`,
  );
});

test("a repository that only this machine reaches, or of another kind than git, does not travel", () => {
  expect(travels(vcs("file:///srv/r"))).toBe("repository git+file:///srv/r");
  expect(travels(vcs("https://h/r", {}, "hg"))).toBe("repository hg+https://h/r");
});

test("an archive on the web travels by its address", () => {
  expect(travels({ url: "https://h/own-1.0.tar.gz", subdirectory: "py", archive_info: {} })).toBe(
    "url Own.Thing @ https://h/own-1.0.tar.gz#subdirectory=py",
  );
});

test("an archive whose digest was recorded travels by it, in either form of the record", () => {
  const sha256 = "ab".repeat(32);
  for (const archive_info of [{ hash: `sha256=${sha256}` }, { hashes: { sha256 } }]) {
    expect(travels({ url: "https://h/own-1.0.tar.gz", archive_info })).toBe(
      `url Own.Thing @ https://h/own-1.0.tar.gz#sha256=${sha256}`,
    );
  }
  const inside = { url: "https://h/own.zip", subdirectory: "py", archive_info: { hashes: { sha256 } } };
  expect(travels(inside)).toBe(`url Own.Thing @ https://h/own.zip#subdirectory=py&sha256=${sha256}`);
});

test("a login in an address is kept apart from the requirement", () => {
  expect(originOf(installed({ url: "https://me:pw@h/own-1.0.tar.gz" }))).toMatchObject({
    ...{ requirement: "Own.Thing @ https://h/own-1.0.tar.gz", login: "me:pw" },
  });
  expect(originOf(installed(vcs("https://token@h/r.git")))).toMatchObject({
    ...{ requirement: `Own.Thing @ git+https://h/r.git@${COMMIT}`, login: "token" },
  });
  // A variable, and the account name of ssh, are no secrets.
  expect(travels({ url: "https://${TOKEN}@h/own-1.0.tar.gz" })).toBe(
    "url Own.Thing @ https://${TOKEN}@h/own-1.0.tar.gz",
  );
});

test("what has a record that nobody can read does not travel", () => {
  expect(travels("unreadable")).toBe("unknown /s/own_thing-1.0.dist-info/direct_url.json");
});

test("what lies on this machine does not travel, and its place is told as a path", () => {
  expect(travels({ url: "file:///srv/own%20thing", dir_info: { editable: true } })).toBe("editable /srv/own thing");
  expect(travels({ url: "file:///srv/own", dir_info: { editable: false } })).toBe("project /srv/own");
  expect(travels({ url: "file:///srv/own-1.0-py3-none-any.whl", archive_info: {} })).toBe(
    "file /srv/own-1.0-py3-none-any.whl",
  );
  expect(travels({ url: "C:\\own.whl" })).toBe("file C:\\own.whl");
});
