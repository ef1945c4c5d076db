import { expect, test } from "bun:test";
import { jobKind, jobTitle } from "#daemon/jobs/kinds.ts";

const titleOf = (method: string, params: unknown) => {
  const kind = jobKind(method);
  if (!kind) throw new Error(`${method} is no kind of job`);
  return jobTitle(kind, { params, client: { cwd: "/home/me/mnist" } });
};

test.each([
  [{}, "build /home/me/mnist"],
  [{ yaml: "../other/runtime.yaml" }, "build /home/me/other"],
  [{ yaml: "gpu.yaml" }, "build /home/me/mnist/gpu.yaml"],
  [{ name: "small" }, "build small"],
  [{ source: { kind: "venv", path: "venv" } }, "build /home/me/mnist/venv"],
  [{ source: { kind: "conda", name: "torch" } }, "build torch"],
  [{ source: { kind: "docker", image: "busybox:1" } }, "build busybox:1"],
  [{ source: { kind: "shell" } }, "build the active environment"],
  [{ unknown: 1 }, "build"],
])("a build of %j is told from others: %s", (params, title) => {
  expect(titleOf("runtime.build", params)).toBe(title);
});

test("an image is called after its runtime", () => {
  expect(titleOf("runtime.dockerize", { uri: "mnist/version/v1" })).toBe("dockerize mnist/version/v1");
});
