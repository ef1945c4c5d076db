import { expect, test } from "bun:test";
import { silentReport } from "#core/report.ts";
import { type BackgroundTask, contextFor, createHost } from "#daemon/host.ts";

const client = (cwd: string) => ({ cwd, env: { HOME: cwd } });
const call = () => ({ signal: new AbortController().signal, report: { ...silentReport } });

test("calls of one process share its memory, flights and store, and nothing of each other", () => {
  const host = createHost({ root: "/r", locks: "/l", longLived: true, background() {} });
  const [first, second] = [call(), call()];
  const [a, b] = [contextFor(host, client("/a"), first), contextFor(host, client("/b"), second)];
  expect([a.memo, a.flights, a.paths]).toEqual([b.memo, b.flights, b.paths]);
  expect(a.memo).toBe(host.memo);
  expect(a.flights).toBe(host.flights);
  expect([a.cwd, a.env, b.cwd, b.env]).toEqual(["/a", { HOME: "/a" }, "/b", { HOME: "/b" }]);
  expect([a.signal === first.signal, a.report === first.report]).toEqual([true, true]);
  expect([b.signal === second.signal, b.report === second.report]).toEqual([true, true]);
  expect([a.longLived, a.lease, a.paths.root]).toEqual([true, undefined, "/r"]);
});

test("work in the background is begun by the host, in the name of the caller", async () => {
  const begun: [unknown, unknown, BackgroundTask][] = [];
  const background = (...of: [unknown, unknown, BackgroundTask]) => void begun.push(of);
  const host = createHost({ root: "/r", locks: "/l", longLived: false, background });
  const caller = client("/a");
  const work = async () => {};
  contextFor(host, caller, call()).background("key", "title", work);
  expect(begun).toEqual([[host, caller, { key: "key", title: "title", work }]]);
});

test("two hosts remember apart", () => {
  const [a, b] = ["/r", "/r"].map((root) => createHost({ root, locks: "/l", longLived: true, background() {} }));
  a?.memo.set("k", 1);
  expect([a?.memo.get<number>("k"), b?.memo.get<number>("k")]).toEqual([1, undefined]);
});
