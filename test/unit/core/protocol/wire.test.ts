import { expect, test } from "bun:test";
import { BUILD_HEADER, isOwnVariable, NDJSON, PROTOCOL, ROOT_HEADER } from "#core/protocol/wire.ts";

test("what would change our own programs does not cross the wire; a person's settings do", () => {
  const own = ["BUN_INSTALL", "BUN_RUNTIME_TRANSPILER_CACHE_PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "NODE_OPTIONS"];
  const theirs = ["PATH", "HOME", "UV_INDEX_URL", "BUNDLE", "LDFLAGS", "NODE_OPTIONS_X", "NODE_PATH", "OLD_X", "bun_x"];
  expect([...own, "DYLD_INSERT_LIBRARIES"].filter((name) => !isOwnVariable(name))).toEqual([]);
  expect(theirs.filter(isOwnVariable)).toEqual([]);
});

test("what peers of every build agree on stays as it is", () => {
  expect({ PROTOCOL, BUILD_HEADER, ROOT_HEADER, NDJSON }).toEqual({
    PROTOCOL: 1,
    BUILD_HEADER: "x-swcli-build",
    ROOT_HEADER: "x-swcli-root",
    NDJSON: "application/x-ndjson",
  });
});
