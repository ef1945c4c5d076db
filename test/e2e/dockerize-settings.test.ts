/** What a build by buildx is given of this machine, network, proxy, logins, and how it treats the base's own settings. */
import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import type { Home } from "../helpers/home.ts";
import { testWith } from "../helpers/needs.ts";
import { pushRealBase, type RealBase, realBaseMissing } from "../servers/base-image.ts";
import { buildkitd, startBuildkit } from "../servers/buildkit.ts";
import { servePackages } from "../servers/package-index.ts";
import { type RegistryServer, registryMissing, startRegistry } from "../servers/registry.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";
import { addBuilder, dockerHome, noBuildx, ownDockerHome } from "./docker-home.ts";
import { buildForImage, dockerize } from "./image-runtime.ts";

const missing = (await registryMissing()) ?? realBaseMissing();
const program = buildkitd();
const testBuildx = testWith(missing, noBuildx);
const testOwn = testWith(missing, noBuildx, program ? undefined : "buildkitd (scripts/docker-lab up)");
const SLOW = 300_000;

let registry: RegistryServer;
let base: RealBase;

beforeAll(async () => {
  if (missing || noBuildx) return;
  registry = await startRegistry();
  base = await pushRealBase(registry.host);
}, SLOW);

afterAll(async () => await registry?.[Symbol.asyncDispose]());

const environment = () => [`environment: { python: '${base.python}', arch: [amd64] }`];

async function inImage(home: Home, image: string, ...argv: string[]): Promise<string> {
  const ran = await home.exec(["docker", "run", "--rm", image, ...argv]);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
  return ran.stdout;
}

const wheel = async (home: Home) => await makeWheel(join(home.dir, "index"), { name: "secret-pkg", recorded: "right" });

testOwn(
  "a BuildKit that allows nothing but what it allows by default makes images; what an index on loopback takes is said",
  async () => {
    await using buildkit = await startBuildkit(program ?? "");
    await using home = await ownDockerHome();
    await addBuilder(home, "plain", buildkit.address);
    await buildForImage(home, { more: environment() });
    const args = ["-t", `${registry.host}/plain/x:1`, "--base-image", base.reference, "--push", "--builder", "plain"];
    expect(await dockerize(home, ...args)).toMatchObject({ engine: "buildx", pushed: true });
    await using index = await servePackages([await wheel(home)]);
    const env = { PIP_INDEX_URL: index.url };
    const project = await home.project({
      "runtime.yaml": `name: near\ndependencies: [{ pip: [secret-pkg==1.0] }]\n${environment()[0]}\n`,
    });
    expect((await home.run(["runtime", "build", "--prepare", "no"], { cwd: project, env })).exitCode).toBe(0);
    const near = await home.run(["-o", "json", "runtime", "dockerize", "near", ...args], { env });
    expect(near.json.error.hint).toContain("--allow-insecure-entitlement network.host");
  },
  SLOW,
);

testBuildx(
  "logins of ~/.netrc and the client's proxy fetch packages and reach commands, and are nowhere in the image",
  async () => {
    await using home = await dockerHome();
    await using index = await servePackages([await wheel(home)], { user: "me", password: "netrc-s3cret" });
    // Another one each time: a builder would have the packages of the last run.
    const host = `packages-${crypto.randomUUID()}.invalid`;
    const asked: string[] = [];
    await using proxy = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      // A client asks a proxy for the whole URL of a host that only the proxy finds.
      fetch: async (request) => {
        const url = new URL(request.url);
        asked.push(url.host);
        const own = url.host === host ? `${index.origin}${url.pathname}` : url.href;
        return await fetch(own, { headers: request.headers });
      },
    });
    await home.write(
      ".netrc",
      `machine ${host} login me password netrc-s3cret\nmachine other login o password other-s3cret\n`,
      0o600,
    );
    const door = `http://proxy-user:proxy-s3cret@127.0.0.1:${proxy.port}`;
    const env = {
      PIP_INDEX_URL: `http://${host}/simple`,
      PIP_TRUSTED_HOST: host,
      http_proxy: door,
    };
    const project = await home.project({
      "runtime.yaml": [
        "name: demo",
        "dependencies: [{ pip: [secret-pkg==1.0] }, { commands: ['test -n \"$http_proxy\" && echo yes > /said'] }]",
        `${environment()[0]}\n`,
      ].join("\n"),
    });
    const built = await home.run(["runtime", "build", "--prepare", "no"], { cwd: project, env });
    expect([built.exitCode, built.stderr]).toEqual([0, expect.any(String)]);
    asked.length = 0;
    const image = "swcli-test/settings:1";
    const args = ["-t", image, "--base-image", base.reference, "--builder", "default"];
    const made = await home.run(["-o", "json", "runtime", "dockerize", "demo", ...args], { env });
    expect([made.exitCode, made.stderr]).toEqual([0, expect.any(String)]);
    expect(asked).toContain(host);
    expect(
      await inImage(home, image, "sh", "-c", "cat /said; python -c 'import secret_pkg; print(secret_pkg.VERSION)'"),
    ).toBe("yes\n1.0\n");
    const search = `docker save ${image} | tar -xO | grep -ac -e s3cret -e proxy-user`;
    const said = [
      (await home.exec(["docker", "history", "--no-trunc", image])).stdout,
      (await home.exec(["docker", "inspect", image])).stdout,
      made.stdout + made.stderr,
    ].join("\n");
    expect(said).not.toMatch(/s3cret|proxy-user/);
    expect((await home.exec(["sh", "-c", search])).stdout.trim()).toBe("0");
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);

testBuildx(
  "a base that runs as a user of its own: packages are installed, commands and the image run as that user",
  async () => {
    await using home = await dockerHome();
    const options = { repository: "base/user", config: { User: "1000:1000" } };
    const own = await pushRealBase(registry.host, ["amd64"], options);
    await buildForImage(home, {
      dependencies: ["- pip: [six==1.17.0]", "- commands: ['id -u > /tmp/who']"],
      more: environment(),
    });
    const image = "swcli-test/user:1";
    await dockerize(home, "-t", image, "--base-image", own.reference);
    const code = "import six, os; print(six.__version__, os.getuid(), open('/tmp/who').read().strip())";
    expect(await inImage(home, image, "python", "-c", code)).toBe("1.17.0 1000 1000\n");
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);

testBuildx(
  "ONBUILD of a base runs once, by buildx, which auto chooses for it",
  async () => {
    await using home = await dockerHome();
    const options = { repository: "base/onbuild", config: { OnBuild: ["RUN echo once >> /onbuild"] } };
    const own = await pushRealBase(registry.host, ["amd64"], options);
    await buildForImage(home, { more: environment() });
    const image = "swcli-test/onbuild:1";
    const args = ["-t", image, "--base-image", own.reference];
    const made = await dockerize(home, ...args);
    expect([made.engine, made.reason]).toEqual(["buildx", expect.stringContaining("ONBUILD")]);
    expect(await inImage(home, image, "cat", "/onbuild")).toBe("once\n");
    const config = (await home.exec(["docker", "inspect", image, "-f", "{{json .Config}}"])).json;
    expect(config.OnBuild ?? []).toEqual([]);
    const direct = await home.run(["runtime", "dockerize", "demo", ...args, "--engine", "direct"]);
    expect([direct.exitCode, direct.stderr]).toEqual([1, expect.stringContaining("ONBUILD")]);
    await home.exec(["docker", "rmi", "-f", image]);
  },
  SLOW,
);
