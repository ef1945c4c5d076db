import { expect, test } from "bun:test";
import { buildFailed } from "#core/docker/buildx-failure.ts";
import { planOf } from "./subject.ts";

const REFUSED =
  "ERROR: failed to solve: granting entitlement network.host is not allowed by build daemon configuration\n";
const PLAIN =
  'ERROR: failed to solve: DeadlineExceeded: r.example:5000/x: failed to do request: Head "https://r.example:5000/v2/x/manifests/1": http: server gave HTTP response to HTTPS client\n';

test("a network that the builder does not give says what its daemon has to allow", () => {
  expect(buildFailed(REFUSED, "remote", planOf()).hint).toContain("--allow-insecure-entitlement network.host");
  expect(buildFailed(REFUSED, "docker", planOf()).hint).toContain('"network-host": true');
});

test("a registry on plain http says whose setting it needs", () => {
  expect(buildFailed(PLAIN, "docker", planOf()).hint).toContain("r.example:5000 speaks plain http");
  expect(buildFailed(PLAIN, "docker", planOf()).hint).toContain('"insecure-registries"');
  expect(buildFailed(PLAIN, "remote", planOf()).hint).toContain('[registry."r.example:5000"] http = true');
});

test("what some of several names may have got is said, for a push alone", () => {
  const tags = ["a.example/x:1", "b.example/x:1"];
  expect(buildFailed("ERROR: denied\n", "docker", planOf({ tags })).hint).toContain("may have been pushed");
  const loaded = buildFailed("ERROR: denied\n", "docker", planOf({ tags, output: { kind: "engine" } }));
  expect(loaded).toMatchObject({ message: "docker buildx failed: denied", hint: expect.stringContaining("job's log") });
});

test("what buildx says three times is told once, with the lines that explain it", () => {
  const why = 'process "/bin/sh -c make" did not complete successfully: exit code: 2';
  const said = `#7 0.2 error: no rule to make it\n#7 ERROR: ${why}\nERROR: failed to solve: ${why}\n`;
  expect(buildFailed(said, "docker", planOf())).toMatchObject({
    message: `docker buildx failed: failed to solve: ${why}`,
    hint: "#7 0.2 error: no rule to make it",
  });
});
