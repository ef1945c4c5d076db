import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uriContext } from "#core/config/uri-context.ts";
import { someCtx } from "../transfer/context.ts";

const made: string[] = [];
afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true });
});

async function configured() {
  const dir = await mkdtemp(join(tmpdir(), "uri-context-"));
  made.push(dir);
  const path = join(dir, "config.yaml");
  return { path, ctx: someCtx({ env: { HOME: dir, SW_CLI_CONFIG: path } }) };
}

const config = (current: string, project: string | undefined) =>
  [
    `current_instance: ${current}`,
    "instances:",
    "  local: {uri: local, current_project: mine}",
    `  team: {uri: http://team.example, sw_token: t${project === undefined ? "" : `, current_project: ${project}`}}`,
    "",
  ].join("\n");

test("without a config everything is here, in the project self", async () => {
  const { ctx } = await configured();
  expect(await uriContext(ctx)).toEqual({ currentInstance: "local", currentProject: "self", instances: {} });
});

test("the selected instance and its project count, and a change of the file is seen at once", async () => {
  const { ctx, path } = await configured();
  await Bun.write(path, config("local", "theirs"));
  expect(await uriContext(ctx)).toMatchObject({ currentInstance: "local", currentProject: "mine" });
  await Bun.write(path, config("team", "theirs"));
  expect(await uriContext(ctx)).toMatchObject({ currentInstance: "team", currentProject: "theirs" });
});

test("a server without a selected project has none: `self` is only here", async () => {
  const { ctx, path } = await configured();
  await Bun.write(path, config("team", undefined));
  expect((await uriContext(ctx)).currentProject).toBeUndefined();
});
