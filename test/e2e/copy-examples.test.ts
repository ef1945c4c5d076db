/** The nine examples of the guide for `runtime copy`, word for word. */
import { expect, test } from "bun:test";
import { type Home, tempHome } from "../helpers/home.ts";
import { makePackage } from "../helpers/package.ts";
import { loggedIn } from "../helpers/server-login.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";

const ID = "ge3tkylgha2tenrtmftdgyjzni3dayq";
const CLOUD = `cloud://pre-k8s/project/mnist/mnist-cloud/version/${ID}`;
const SLIP = `cloud://pre-k8s/project/runtime/mnist/mnist-cloud/version/${ID}`;

interface Example {
  readonly words: readonly string[];
  /** Where it has to be afterwards: project and name. */
  readonly at: readonly [project: string, name: string];
}

const DOWN: readonly Example[] = [
  { words: [CLOUD, "local/project/myproject/mnist-local"], at: ["myproject", "mnist-local"] },
  { words: [SLIP, "."], at: ["self", "mnist-cloud"] },
  { words: [CLOUD, ".", "-dlp", "myproject"], at: ["myproject", "mnist-cloud"] },
  { words: [SLIP, "mnist-local"], at: ["self", "mnist-local"] },
  { words: [CLOUD, "mnist-local", "-dlp", "myproject"], at: ["myproject", "mnist-local"] },
];

const UP: readonly Example[] = [
  { words: ["mnist-local/version/latest", "cloud://pre-k8s/project/mnist/mnist-cloud"], at: ["mnist", "mnist-cloud"] },
  { words: ["mnist-local/version/latest", "cloud://pre-k8s/project/mnist"], at: ["mnist", "mnist-local"] },
  { words: ["mnist-local/version/latest", "pre-k8s/project/mnist"], at: ["mnist", "mnist-local"] },
  {
    words: ["local/project/myproject/runtime/mnist-local/version/latest", "cloud://pre-k8s/project/mnist"],
    at: ["mnist", "mnist-local"],
  },
];

async function imported(home: Home, project: string): Promise<void> {
  const file = await home.write(`${project}.swrt`, await makePackage({ version: ID, name: "mnist-local" }));
  const done = await home.run(["runtime", "import", file, "--project", project]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
}

async function serverWithMnist(home: Home): Promise<StarwhaleServer> {
  const server = await startStarwhale();
  server.state.addProject("mnist");
  await loggedIn(home, server);
  return server;
}

test.each(DOWN)("swcli runtime cp $words", async ({ words, at: [project, name] }) => {
  await using home = await tempHome({ mode: "in-process" });
  await using server = await serverWithMnist(home);
  await imported(home, "source");
  const up = ["runtime", "copy", "local/project/source/runtime/mnist-local", "pre-k8s/project/mnist/mnist-cloud"];
  expect(await home.run(up)).toMatchObject({ exitCode: 0 });
  expect(server.seen.length).toBeGreaterThan(0);
  const done = await home.run(["runtime", "cp", ...words]);
  expect(done).toMatchObject({ exitCode: 0 });
  const info = await home.run(["-o", "json", "runtime", "info", `local/project/${project}/runtime/${name}`]);
  expect(info.json.basic).toMatchObject({ version: ID, name, project, tags: ["latest", "v0"] });
});

test.each(UP)("swcli runtime cp $words", async ({ words, at: [project, name] }) => {
  await using home = await tempHome({ mode: "in-process" });
  await using server = await serverWithMnist(home);
  await imported(home, words[0]?.includes("myproject") ? "myproject" : "self");
  expect(await home.run(["runtime", "cp", ...words])).toMatchObject({ exitCode: 0 });
  const stored = server.state.projects.find((one) => one.name === project)?.runtimes;
  expect(stored?.map((runtime) => [runtime.name, runtime.versions.map((version) => version.name)])).toEqual([
    [name, [ID]],
  ]);
});
