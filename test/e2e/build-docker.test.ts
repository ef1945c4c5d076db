/** An image as a runtime: validated, named, pinned where its registry answers, and refused on the host with a way out. */
import { expect, test } from "bun:test";
import { type Home, tempHome } from "../helpers/home.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

/** A registry that knows one tag. */
function oneTag() {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/v2/") return new Response("{}");
      const known = pathname === "/v2/team/torch/manifests/1.9";
      return new Response(null, known ? { headers: { "docker-content-digest": DIGEST } } : { status: 404 });
    },
  });
  return { host: `127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

const build = (home: Home, image: string, ...more: string[]) =>
  home.run(["runtime", "build", "-o", "json", "-d", image, ...more], { timeoutMs: 60_000 });

async function manifestOf(home: Home, name: string) {
  const { json } = await home.run(["runtime", "info", name, "-of", "manifest", "-o", "json"]);
  return json.data ?? json.manifest ?? json;
}

test("an image is pinned by its registry's digest, named without port and tag, and keeps -t", async () => {
  await using registry = oneTag();
  await using home = await tempHome({ mode: "in-process" });
  const image = `${registry.host}/team/torch:1.9`;
  const built = await build(home, image, "-t", "stable");
  expect(built).toMatchObject({ exitCode: 0 });
  expect(built.json).toMatchObject({
    name: "torch",
    lock: null,
    tags: expect.arrayContaining(["stable", "latest", "v0"]),
  });
  const manifest = await manifestOf(home, "torch");
  expect(manifest.docker.custom_run_image).toBe(`${image}@${DIGEST}`);
  expect(manifest.base_image).toBe(`${image}@${DIGEST}`);
  expect(manifest.dependencies.raw_deps).toEqual([]);
});

test("an image that its registry does not know is taken as named, and that it is not there is said", async () => {
  await using registry = oneTag();
  await using home = await tempHome({ mode: "in-process" });
  const built = await build(home, `${registry.host}/team/other:2`);
  expect(built.exitCode).toBe(0);
  expect(built.stderr).toContain(`other:2 is not pinned: ${registry.host} has no such image (yet)`);
  expect((await manifestOf(home, "other")).docker.custom_run_image).toBe(`${registry.host}/team/other:2`);
});

test("an image whose registry does not answer is taken as named, and nobody says that it is not there", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const built = await build(home, "127.0.0.1:1/team/2d-seg:2");
  expect(built).toMatchObject({ exitCode: 0, json: { name: "image-2d-seg" } });
  expect(built.stderr).toContain("2d-seg:2 is not pinned: its registry gave no digest");
  expect(built.stderr).toContain("2d-seg can't be the name of a runtime: it is called image-2d-seg");
});

test("an image with a digest needs no registry, and one content has one version", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const image = `registry.invalid:5000/deep/er/my.image:3@${DIGEST}`;
  const [first, second] = [await build(home, image), await build(home, image)];
  expect(first.json.name).toBe("my.image");
  expect(second.json).toMatchObject({ unchanged: true, version: first.json.version });
});

test("activating, running and shellenv name the image and the docker line", async () => {
  await using home = await tempHome({ mode: "in-process" });
  const image = `registry.invalid/demo@${DIGEST}`;
  await build(home, image);
  for (const [args, code] of [
    [["activate", "demo"], 1],
    [["run", "demo", "--", "python"], 125],
    [["shellenv", "demo", "--shell", "bash"], 1],
  ] as const) {
    const failed = await home.run(["runtime", ...args]);
    expect(failed.exitCode).toBe(code);
    expect(failed.stderr).toContain(`is the image ${image}`);
    expect(failed.stderr).toContain(`docker run --rm -it ${image}`);
    expect(failed.stdout).toBe("");
  }
});

test.each(["Upper/Case", "http://host/name", "name:tag:tag", "name@sha256:12", "", "a b"])(
  "%p is refused as an image before anything is stored",
  async (image) => {
    await using home = await tempHome({ mode: "in-process" });
    expect((await build(home, image)).exitCode).toBe(2);
    expect((await home.run(["runtime", "list", "-o", "json"])).json).toEqual([]);
  },
);
