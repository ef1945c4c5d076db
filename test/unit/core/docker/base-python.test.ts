import { expect, test } from "bun:test";
import { basePythons, mergeNames } from "#core/docker/base-python.ts";

const PATH = "/usr/local/bin:/usr/bin:/bin";

test("the interpreter of a merged-usr Debian is found under the name that keeps its version", () => {
  const tree = mergeNames([
    [{ path: "bin", link: "usr/bin" }, { path: "usr/bin/python3", link: "python3.11" }, { path: "usr/bin/python3.11" }],
  ]);
  expect(basePythons(tree, PATH)).toEqual([{ minor: "3.11", path: "/usr/bin/python3.11" }]);
  expect(basePythons(tree, "/bin")).toEqual([{ minor: "3.11", path: "/bin/python3.11" }]);
});

test("links through folders are followed, broken and circular ones are not", () => {
  const tree = mergeNames([
    [
      { path: "opt/python", link: "/opt/cpython-3.10" },
      { path: "opt/cpython-3.10/bin/python3", link: "./python3.10" },
      { path: "opt/cpython-3.10/bin/python3.10" },
      { path: "usr/bin/python3.12", link: "/gone/python3.12" },
      { path: "usr/bin/python3.9", link: "python3.9" },
    ],
  ]);
  expect(basePythons(tree, `/opt/python/bin:${PATH}`)).toEqual([{ minor: "3.10", path: "/opt/python/bin/python3.10" }]);
});

test("an upper layer takes names away by whiteouts and puts others there", () => {
  const lower = [{ path: "usr/bin/python3.9" }, { path: "usr/local/bin/python3.8" }];
  const upper = [
    { path: "usr/bin/.wh.python3.9" },
    { path: "usr/local/bin/.wh..wh..opq" },
    { path: "usr/local/bin/python3.11" },
  ];
  expect(basePythons(mergeNames([lower, upper]), PATH).map(({ minor }) => minor)).toEqual(["3.11"]);
});

test("the first on PATH wins", () => {
  const tree = mergeNames([[{ path: "usr/bin/python3.11" }, { path: "usr/local/bin/python3.11" }]]);
  expect(basePythons(tree, PATH)).toEqual([{ minor: "3.11", path: "/usr/local/bin/python3.11" }]);
});
