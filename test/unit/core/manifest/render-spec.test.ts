import { expect, test } from "bun:test";
import { type RenderedSpec, renderImageSpec, renderSpec } from "#core/manifest/render-spec.ts";
import { read } from "./spec-text.ts";

const base: RenderedSpec = {
  ...{ name: "no", mode: "venv", python: "3.10", arch: ["noarch"], cuda: "", cudnn: "" },
  ...{ pip: ["six==1.16.0", "x @ https://h/x.whl"], wheels: [] },
};

test("the yaml of an environment is read back as what was in it", () => {
  const wheels = ["wheels/own-1.0-py3-none-any.whl"];
  const spec = read(renderSpec({ ...base, cuda: "11.4", cudnn: "8", wheels }));
  expect(spec).toMatchObject({
    ...{ name: "no", mode: "venv", warnings: [] },
    environment: { python: "3.10", arch: ["noarch"], cuda: "11.4", cudnn: "8", os: "ubuntu:20.04" },
  });
  const items = spec.dependencies.map((one) =>
    "items" in one ? one.items.map((item) => "text" in item && item.text) : [],
  );
  expect(spec.dependencies.map(({ kind }) => kind)).toEqual(["pip_pkg", "wheel"]);
  expect(items).toEqual([["six==1.16.0", "x @ https://h/x.whl"], wheels]);
});

test("conda packages come first, with the channels that they came from", () => {
  const conda = { packages: ["a=1.0=py_0"], channels: ["https://c.example/lab"] };
  const text = renderSpec({ ...base, mode: "conda", conda });
  const spec = read(text);
  expect(text).toContain("mode: conda\n");
  expect(spec.mode).toBe("conda");
  expect(spec.configs.conda.channels).toEqual(["https://c.example/lab"]);
  expect(spec.dependencies.map(({ kind }) => kind)).toEqual(["conda_pkg", "pip_pkg"]);
});

test("a part that is empty is not written, and versions stay text for every reader of yaml", () => {
  const text = renderSpec({ ...base, pip: [] });
  expect(text).toContain("dependencies: []\n");
  expect(text).toContain("python: '3.10'\n");
  expect(text).toContain("name: 'no'\n");
  expect(text).not.toContain("configs");
});

test("a long requirement stays on one line", () => {
  const long = `x @ https://h/${"a".repeat(200)} ; python_version > '3'`;
  expect(
    renderSpec({ ...base, pip: [long] })
      .split("\n")
      .find((line) => line.includes("@")),
  ).toContain("python_version");
});

test("of an image nothing is said but the image", () => {
  const text = renderImageSpec("pytorch", "ghcr.io:443/o/p:1@sha256:ab");
  expect(text).toBe("environment:\n  docker:\n    image: ghcr.io:443/o/p:1@sha256:ab\nname: pytorch\n");
  expect(read(renderImageSpec("pytorch", "ghcr.io/o/p:1")).environment.dockerImage).toBe("ghcr.io/o/p:1");
});
