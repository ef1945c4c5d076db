import { expect, test } from "bun:test";
import { withCtx } from "#core/context.ts";
import {
  docker,
  dockerProgram,
  engineProblem,
  lastLine,
  lastReason,
  loadArchive,
  requireEngine,
} from "#core/docker/docker-cli.ts";
import { storeHome } from "../store/store-home.ts";
import { withDocker } from "./fake-docker.ts";

test("without docker on the client's PATH that is the error", async () => {
  await using home = await storeHome();
  const ctx = withCtx(home.ctx, { env: { PATH: `${home.dir}/empty` } });
  expect(() => dockerProgram(ctx)).toThrow("docker is not on your PATH");
  const problem = await engineProblem(ctx);
  expect(problem).toMatchObject({ code: "ENGINE_MISSING", hint: "Install docker." });
  await expect(requireEngine(ctx)).rejects.toMatchObject({ code: "ENGINE_MISSING" });
});

test("an engine that does not answer is told with docker's last words", async () => {
  await using home = await storeHome();
  const script = "echo 'some noise' >&2; echo 'Cannot connect to the Docker daemon at tcp://x' >&2; exit 1";
  const problem = await engineProblem(await withDocker(home, script));
  expect(problem?.message).toBe("no docker engine answers: Cannot connect to the Docker daemon at tcp://x");
  // Older clients answer nothing and end well.
  for (const answer of ["exit 0", "echo 28.0; exit 1"]) {
    expect((await engineProblem(await withDocker(home, answer)))?.message).toStartWith("no docker engine answers");
  }
});

test.each([
  ["18.09.9", true],
  ["19.02", true],
  ["19.03.15", false],
  ["20.10.24+dfsg1", false],
  ["28.2.0-rc1", false],
  ["dev", false],
])("docker %s is too old: %p", async (version, old) => {
  await using home = await storeHome();
  const problem = await engineProblem(await withDocker(home, `echo ${version}`));
  expect(problem?.message).toBe(old ? `docker ${version} is too old: 19.03 or newer is needed` : undefined);
});

test("the CLI gets the client's environment, and what 19.03 needs for buildx", async () => {
  await using home = await storeHome();
  const ctx = await withDocker(home, 'echo "$DOCKER_HOST $DOCKER_CONFIG $DOCKER_CLI_EXPERIMENTAL $*"', {
    DOCKER_HOST: "ssh://h",
    DOCKER_CONFIG: "/c",
  });
  expect((await docker(ctx, ["buildx", "ls"])).stdout).toBe("ssh://h /c enabled buildx ls\n");
});

async function* archive(text: string, error?: Error): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
  if (error) throw error;
}

test("loading hands on what docker says, and fails with its reason", async () => {
  await using home = await storeHome();
  await loadArchive(await withDocker(home, 'echo "Loaded $(cat)"; echo "note" >&2'), archive("an image"));
  expect(home.said.toSorted()).toEqual(["Loaded an image", "note"]);
  const broken = await withDocker(home, "echo 'first' >&2; echo 'no space left on device' >&2; exit 1");
  await expect(loadArchive(broken, archive("x"))).rejects.toThrow("docker load failed: no space left on device");
});

test("an archive that can't be read to its end is the error, not what docker makes of its beginning", async () => {
  await using home = await storeHome();
  const content = withDocker(home, "cat > /dev/null; exit 0");
  await expect(loadArchive(await content, archive("half", new Error("cut")))).rejects.toThrow("cut");
});

test("the last line of nothing is nothing", () => {
  expect([lastLine(""), lastLine("a\n b \n\n")]).toEqual(["", "b"]);
});

test("the reason stands before the advice that buildx ends with", () => {
  const said = "#1 loading\nERROR: OCI exporter is not supported for the docker driver.\nLearn more at https://x\n";
  expect(lastReason(said)).toBe("OCI exporter is not supported for the docker driver.");
  expect(lastReason("some other end\n")).toBe("some other end");
});
