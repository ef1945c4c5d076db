import { expect, test } from "bun:test";
import { builderProblem, parseBuilder, requireBuilder } from "#core/docker/buildx-builder.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";
import { withDocker } from "./fake-docker.ts";
import { manifest, planOf } from "./subject.ts";

test("what buildx inspect prints says the driver and whether times can be set", () => {
  const remote =
    "Name:   lab\nDriver: remote\n\nNodes:\nName: lab0\nStatus: running\nBuildKit version: v0.19.0\nPlatforms: linux/amd64\n";
  expect(parseBuilder(remote, { name: "lab", version: "0.20.1" })).toEqual({
    name: "lab",
    driver: "remote",
    canRewrite: true,
    canAttest: true,
  });
  const docker = "Name:   default\nDriver: docker\n\nNodes:\nName: default\nBuildkit: v0.8+unknown\n";
  expect(parseBuilder(docker, { name: undefined, version: "0.9.1" })).toMatchObject({
    driver: "docker",
    canRewrite: false,
    canAttest: false,
  });
  const old = "Driver: docker-container\nBuildkit: 0.12.5\n";
  expect(parseBuilder(old, { name: "x", version: "1.0.0" })).toMatchObject({ canRewrite: false, canAttest: true });
});

// As buildx 0.20 prints it while docker's engine is down.
const DOWN = `Name:          default
Driver:        
Last Activity: 2026-11-28 17:08:43 +0000 UTC
Error:         Cannot connect to the Docker daemon at unix:///nope.sock. Is the docker daemon running?

Nodes:
`;
const OWN = "Name: default\nDriver: docker\n\nNodes:\nName: default\n";
const REMOTE = "Name: lab\nDriver: remote\n\nNodes:\nName: lab0\nStatus: running\n";
const COMMANDS = manifest("dependencies: { raw_deps: [{ kind: command, deps: [a] }] }\n");

interface Answers {
  /** Of `buildx version`; nothing where there is none. */
  readonly version?: string;
  readonly inspect?: string;
  readonly engine?: string;
  readonly status?: string;
}

const NO = "echo 'ERROR: it says no' >&2; exit 1";

async function ask(home: StoreHome, answers: Answers, plan = planOf()) {
  const { version = "echo buildx v0.20.1", inspect = OWN, engine = "echo 28.0.0", status = "[]" } = answers;
  const inspected = inspect === NO ? NO : `cat <<'END'\n${inspect}END`;
  const script = `case "$*" in
"buildx version") ${version};;
"buildx inspect --bootstrap"*) ${inspected}
;;
"version "*) ${engine};;
"info "*) echo '${status}';;
*) exit 9;;
esac`;
  return await builderProblem(await withDocker(home, script), plan);
}

test("each piece that is missing is an error of its own, with the way out", async () => {
  await using home = await storeHome();
  const cases: [Answers, string, string][] = [
    [{ version: "exit 1" }, "docker has no buildx", "Install docker's buildx plugin."],
    [{ inspect: NO }, "buildx has no usable builder mine: it says no", "docker buildx create"],
    [
      { inspect: DOWN, engine: "echo 'Cannot connect' >&2; exit 1" },
      "no docker engine answers: Cannot connect",
      "Start it",
    ],
    [{ engine: "echo 18.09.1" }, "docker 18.09.1 is too old: 19.03 or newer is needed", "Upgrade docker."],
  ];
  for (const [answers, message, hint] of cases) {
    const problem = await ask(home, answers, planOf({ builder: "mine" }));
    expect([problem?.code, problem?.message]).toEqual(["ENGINE_MISSING", message]);
    expect(problem?.hint).toContain(hint);
    expect(problem?.hint).toEndWith("Or use --engine direct with --push or --to, which needs no docker.");
    // Which would be of no use where something has to run.
    const running = await ask(home, answers, planOf({ builder: "mine", manifest: COMMANDS }));
    expect(running?.hint).not.toContain("direct");
  }
});

test("an image for docker needs its engine, whoever builds it", async () => {
  await using home = await storeHome();
  const down = { inspect: REMOTE, engine: "exit 1" };
  expect(await ask(home, down)).toBeUndefined();
  expect((await ask(home, down, planOf({ output: { kind: "engine" } })))?.message).toStartWith("no docker engine");
});

test("what docker's own builder can't do is refused before the work, unless its images are containerd's", async () => {
  await using home = await storeHome();
  const layout = planOf({ output: { kind: "oci-layout", path: "/x" } });
  const archive = planOf({ output: { kind: "docker-archive", path: "/x" } });
  const two = planOf({ platforms: ["amd64", "arm64"] });
  const status = '[["driver-type","io.containerd.snapshotter.v1"]]';
  for (const plan of [layout, archive, two]) {
    const refused = await ask(home, {}, plan);
    expect(refused?.code).toBe("USAGE");
    expect(refused?.hint).toContain("docker buildx create");
    expect(refused?.hint).toContain("--engine direct");
    expect(await ask(home, { status }, plan)).toBeUndefined();
    expect(await ask(home, { inspect: REMOTE }, plan)).toBeUndefined();
  }
});

test("a builder is started before it is asked what it can, so that its first image is like the others", async () => {
  await using home = await storeHome();
  const script = `case "$*" in
"buildx version") echo v0.20.1;;
*--bootstrap*) printf 'Driver: docker-container\nStatus: running\nBuildKit version: v0.19.0\n';;
*) printf 'Driver: docker-container\nStatus: inactive\n';;
esac`;
  expect(await requireBuilder(await withDocker(home, script), planOf())).toMatchObject({ canRewrite: true });
});
