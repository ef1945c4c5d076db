/** The documents for users say what the program does: their tables against the tables of the source. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Group, isGroup } from "#cli/command.ts";
import { root } from "#cli/commands.ts";
import { ERROR_CODES } from "#core/errors.ts";
import { storePaths } from "#core/platform/paths.ts";
import { BUILD_HEADER, NDJSON, PROTOCOL, ROOT_HEADER } from "#core/protocol/wire.ts";
import { JSON_DOC, renderDoc } from "../../scripts/json-doc.ts";
import { PROJECT } from "./project.ts";

const read = async (path: string) => await Bun.file(join(PROJECT, path)).text();

/** Cells of the table rows that begin with `code`. */
const rows = (text: string): string[][] =>
  text.split("\n").flatMap((line) => (line.startsWith("| `") ? [line.split("|").map((cell) => cell.trim())] : []));
const unquoted = (cell = "") => cell.replaceAll("`", "");

test("docs/json.md has the shapes of the method table (else: bun scripts/json-doc.ts)", async () => {
  const text = await read("docs/json.md");
  expect(JSON_DOC).toBe(join(PROJECT, "docs/json.md"));
  expect(text).toBe(renderDoc(text));
  expect(text).toContain("### `swcli runtime build`");
});

test("docs/errors.md has every error code with its exit code, and no other", async () => {
  const said = rows(await read("docs/errors.md")).map(([, code, exit]) => [unquoted(code), Number(exit)] as const);
  expect(Object.fromEntries(said)).toEqual({ ...ERROR_CODES });
  expect(said).toHaveLength(Object.keys(ERROR_CODES).length);
});

test("the README's exit codes are those of the table", async () => {
  const part = (await read("README.md")).split("## Exit codes")[1]?.split("\n## ")[0] ?? "";
  const said = new Set(part.match(/\b\d+\b/g)?.map(Number));
  for (const exit of Object.values(ERROR_CODES)) expect(said).toContain(exit);
});

/** "runtime build" and so on; what is hidden is not for people. */
async function commandNames(group: Group, path: readonly string[] = []): Promise<string[][]> {
  const found = Object.entries(group.subCommands).map(async ([name, node]) => {
    if (isGroup(node)) return await commandNames(node, [...path, name]);
    return node.hidden || (await node.load()).meta.hidden ? [] : [[...path, name]];
  });
  return (await Promise.all(found)).flat();
}

test("the README leads to every document", async () => {
  const documents = readdirSync(join(PROJECT, "docs")).map((name) => `docs/${name}`);
  const readme = await read("README.md");
  expect(documents.length).toBeGreaterThan(0);
  expect(documents.filter((path) => !readme.includes(`](${path})`))).toEqual([]);
});

test("the README's table of commands has every command", async () => {
  const part = (await read("README.md")).split("## Commands")[1]?.split("\n## ")[0] ?? "";
  const words = rows(part).map(([, cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text));
  const said = words.flatMap(([first = "", ...more]) => {
    const group = /^swcli (\w+)/.exec(first)?.[1] ?? "";
    return [first, ...more].map((text) => (text.startsWith("swcli ") ? text : `swcli ${group} ${text}`));
  });
  const missing = (await commandNames(root)).filter(
    (path) => !said.some((text) => `${text} `.startsWith(`swcli ${path.join(" ")} `)),
  );
  expect(missing).toEqual([]);
});

test("docs/disk.md names every place under the root", async () => {
  const text = await read("docs/disk.md");
  const { root: top, store, locks, ...places } = storePaths("/r");
  const names = Object.values(places).map((path) => path.replace(`${store}/`, "").replace(`${top}/`, ""));
  expect(
    names.filter(
      (name) => !new RegExp(`^ +${name.replaceAll(".", "\\.")}/? `, "m").test(text) && !text.includes(`${name}/\n`),
    ),
  ).toEqual([]);
  expect(text).toContain(store.replace(`${top}/`, ""));
  expect(locks).toStartWith(store);
});

test("docs/protocol.md names the headers, paths and events of the wire", async () => {
  const text = await read("docs/protocol.md");
  const wire = await read("core/protocol/wire.ts");
  const events = [...wire.matchAll(/\| \{ type: "(\w+)"/g)].map(([, type]) => type);
  expect(events.length).toBeGreaterThan(5);
  for (const word of [BUILD_HEADER, ROOT_HEADER, NDJSON, "/v1/hello", "/v1/retire", "/v1/ops/", "/v1/call/"])
    expect(text).toContain(word);
  expect(rows(text).map(([, first]) => unquoted(first))).toEqual(expect.arrayContaining(events));
  expect(text).toContain(`Protocol: ${PROTOCOL}.`);
});
