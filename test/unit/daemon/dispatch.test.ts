import { expect, spyOn, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwError } from "#core/errors.ts";
import { METHODS } from "#core/protocol/methods.ts";
import { type Report, silentReport } from "#core/report.ts";
import { dispatch, parseParams, requireMethod } from "#daemon/dispatch.ts";
import { createHost, type Host } from "#daemon/host.ts";
import { HANDLERS } from "#daemon/methods/table.ts";

interface Place extends AsyncDisposable {
  readonly dir: string;
  readonly host: Host;
  call(method: string, params: unknown, report?: Report): Promise<unknown>;
}

async function place(): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), "sw-dispatch-"));
  const host = createHost({ root: `${dir}/root`, locks: `${dir}/l`, longLived: true, background() {} });
  const client = { cwd: dir, env: { HOME: dir } };
  const { signal } = new AbortController();
  return {
    dir,
    host,
    call: async (method, params, report = silentReport) =>
      await dispatch(host, { method, params, client, signal, report }),
    [Symbol.asyncDispose]: async () => await rm(dir, { recursive: true }),
  };
}

const leases = ({ host }: Place) => readdirSync(host.paths.leases).filter((name) => name.startsWith("op-"));

test("every method that is described has a handler, and no other", () => {
  expect(Object.keys(HANDLERS).sort()).toEqual(Object.keys(METHODS).sort());
});

test.each(["runtime.fly", "", "toString", "__proto__", "constructor"])("%p is no method", async (method) => {
  await using at = await place();
  expect(() => requireMethod(method)).toThrow(`unknown method ${method}`);
  await expect(at.call(method, {})).rejects.toMatchObject({ code: "USAGE", hint: expect.stringContaining("restart") });
  expect(existsSync(at.host.root)).toBe(false);
});

test("parameters that do not fit are refused by the name of the first that does not, before anything is done", async () => {
  await using at = await place();
  expect(() => parseParams("runtime.list", { project: 1 })).toThrow(/^runtime\.list: project: /);
  expect(() => parseParams("runtime.list", { nothing: 1 })).toThrow(/^runtime\.list: nothing: /);
  expect(() => parseParams("runtime.list", null)).toThrow(/^runtime\.list: parameters: /);
  await expect(at.call("runtime.remove", {})).rejects.toMatchObject({ code: "USAGE" });
  expect(existsSync(at.host.root)).toBe(false);
});

test("a query makes nothing in a store that is not there", async () => {
  await using at = await place();
  expect(await at.call("runtime.list", {})).toEqual([]);
  expect(existsSync(at.host.root)).toBe(false);
});

test("an operation holds a lease while it works, and drops it also when it fails; a query holds none", async () => {
  await using at = await place();
  const seen: unknown[] = [];
  const handler = spyOn(HANDLERS, "env.list").mockImplementation(async (ctx) => {
    seen.push([`${ctx.lease}.json`], leases(at));
    if (seen.length > 2) throw new SwError("DISK_FULL", "no space");
    return [];
  });
  const query = spyOn(HANDLERS, "runtime.list").mockImplementation(async (ctx) => {
    expect(ctx.lease).toBeUndefined();
    return [];
  });
  try {
    expect(await at.call("env.list", {})).toEqual([]);
    expect(leases(at)).toEqual([]);
    await expect(at.call("env.list", {})).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(leases(at)).toEqual([]);
    expect(await at.call("runtime.list", {})).toEqual([]);
  } finally {
    handler.mockRestore();
    query.mockRestore();
  }
  expect(seen).toHaveLength(4);
  expect([seen[0], seen[2]]).toEqual([seen[1], seen[3]]);
  expect(seen[0]).not.toEqual(seen[2]);
});

test("a store of a newer swcli is neither read nor written", async () => {
  await using at = await place();
  await mkdir(at.host.paths.store, { recursive: true });
  await writeFile(`${at.host.paths.store}/format`, "99\n");
  await expect(at.call("runtime.list", {})).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  await expect(at.call("env.list", {})).rejects.toMatchObject({ code: "FORMAT_TOO_NEW" });
  expect(await readdir(at.host.paths.store)).toEqual(["format"]);
});
