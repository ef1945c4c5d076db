import { expect, test } from "bun:test";
import { applyPlan, venvPlan } from "#core/env/activation/plan.ts";

const plan = venvPlan({
  uri: "local/project/self/runtime/b/version/v",
  name: "b",
  project: "self",
  version: "v",
  prefix: "/e/b",
});

test("a child gets the runtime's bin first, the Python client's variables, and no PYTHONHOME", () => {
  const env = applyPlan(plan, { PATH: "/usr/bin", PYTHONHOME: "/x", KEEP: "1", GONE: undefined });
  expect(env).toEqual({
    PATH: "/e/b/bin:/usr/bin",
    KEEP: "1",
    VIRTUAL_ENV: "/e/b",
    VIRTUAL_ENV_PROMPT: "b",
    SW_ACTIVATED_RUNTIME_URI_IN_SHELL: plan.uri,
    SW_ACTIVATED_RUNTIME_MODE_IN_SHELL: "venv",
    SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: "/e/b",
  });
});

test("a runtime activated outside is replaced once in PATH, not searched behind ours", () => {
  const env = applyPlan(plan, {
    PATH: "/mine:/e/a/bin:/usr/bin:/e/a/bin",
    SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL: "/e/a",
  });
  expect(env.PATH).toBe("/e/b/bin:/mine:/usr/bin:/e/a/bin");
});

test("empty entries and a trailing colon of PATH stay, but an empty PATH does not become the current folder", () => {
  expect(applyPlan(plan, { PATH: ":/a::/b:" }).PATH).toBe("/e/b/bin::/a::/b:");
  expect(applyPlan(plan, { PATH: "" }).PATH).toBe("/e/b/bin");
});

test("a child of a process without PATH still finds sh", () => {
  expect(applyPlan(plan, {}).PATH).toBe("/e/b/bin:/usr/local/bin:/usr/bin:/bin");
});
