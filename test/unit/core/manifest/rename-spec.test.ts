import { expect, test } from "bun:test";
import { renameSpec } from "#core/manifest/rename-spec.ts";

test("only the name changes, however it is written", () => {
  expect(renameSpec("# top\nname: 'old' # why\nmode: venv\n", "new")).toBe("# top\nname: new # why\nmode: venv\n");
  expect(renameSpec('{mode: venv, "name": old}\n', "new")).toBe('{mode: venv, "name": new}\n');
  expect(renameSpec("configs:\n  name: kept\nname: old\n", "new")).toBe("configs:\n  name: kept\nname: new\n");
});

test("a yaml without a name gets one", () => {
  expect(renameSpec("mode: venv\n", "new")).toBe("name: new\nmode: venv\n");
  expect(renameSpec("", "new")).toBe("name: new\n");
});
