/**
 * Images by the direct engine against `docker buildx build --push` of the same, to one registry on loopback: nothing
 * changed, one file changed, nothing cached, two platforms. Says what is missing where there is no docker with buildx.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pushRealBase, pushTinyBase } from "../../test/servers/base-image.ts";
import { registryMissing, startRegistry } from "../../test/servers/registry.ts";
import { detachRow } from "./daemon.ts";
import { freshRoot, type Place, project, timed } from "./place.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

// Ten packages, two of them heavy.
const PACKAGES = ["numpy", "pandas", "click", "requests", "rich", "jinja2", "pyyaml", "tqdm", "attrs", "six"];

interface Lab {
  readonly place: Place;
  readonly dir: string;
  readonly base: string;
  readonly host: string;
}

const NOT_MEASURED = { section: "images", what: "direct / buildx", figure: "not measured", goal: "", ok: false };

export async function images(place: Place, rounds = 3): Promise<Row[]> {
  const missing =
    (await registryMissing()) ??
    (Bun.spawnSync(["docker", "buildx", "version"]).exitCode === 0 ? undefined : "docker with buildx");
  if (missing) return [{ ...NOT_MEASURED, note: `needs ${missing}` }];
  await using registry = await startRegistry();
  const { reference, python } = await pushRealBase(registry.host);
  const docker = { ...place.env, DOCKER_CONFIG: process.env.DOCKER_CONFIG ?? `${process.env.HOME}/.docker` };
  // Its own cache of wheels, since builds inside docker have none of this machine's.
  const UV_CACHE_DIR = join(place.dir, "images-uv-cache");
  const own: Place = freshRoot({ ...place, env: { ...docker, UV_CACHE_DIR } }, "images");
  const lines = [
    "name: bench",
    `environment: { python: "${python}", arch: [amd64, arm64] }`,
    "dependencies:",
    "  - pip:",
  ];
  const files = ["  - files: [{ src: app.txt, dest: app.txt }]", ""];
  const yaml = [...lines, ...PACKAGES.map((name) => `      - ${name}`), ...files].join("\n");
  const dir = await project(own, "images", { "runtime.yaml": yaml, "app.txt": "0" });
  const lab: Lab = { place: own, dir, base: reference, host: registry.host };
  try {
    await build(lab, "start");
    return [
      await uncached(lab, rounds),
      await nothingChanged(lab, rounds),
      await fileChanged(lab, rounds),
      ...(await twoPlatforms(lab, rounds)),
      { ...(await detachRow(own, dockerizeWords(lab, "direct"))), section: "images" },
    ];
  } finally {
    await removeImages(lab);
  }
}

/** What buildx leaves in the developer's docker, also under names that went to a newer image. */
async function removeImages({ place, host }: Lab): Promise<void> {
  const asked = ["docker", "images", "--quiet", "--filter", `reference=${host}/bench/*`];
  const ids = Bun.spawnSync(asked, { env: place.env }).stdout.toString().split("\n").filter(Boolean);
  if (ids.length > 0) await timed(place, ["docker", "rmi", "--force", ...new Set(ids)]);
}

/** From nothing, and after a changed file; the base is one that nothing is run in, since only one platform could. */
async function twoPlatforms(lab: Lab, rounds: number): Promise<Row[]> {
  const python = /:\s*"([\d.]+)"/.exec(await Bun.file(join(lab.dir, "runtime.yaml")).text())?.[1];
  const base = await pushTinyBase(lab.host, { architectures: ["amd64", "arm64"], python });
  // Both sides find their wheels in uv's cache.
  await makeFor(lab, base, BOTH);
  const rows: Row[] = [];
  for (const what of ["uncached", "one file changed"]) {
    const made: { one: number; two: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const times: number[] = [];
      for (const platforms of [["amd64"], BOTH]) {
        if (what === "uncached") forget(lab);
        await build(lab, `${what} ${platforms.length} ${round}`);
        times.push(await makeFor(lab, base, platforms));
      }
      made.push({ one: times[0] ?? 0, two: times[1] ?? 0 });
    }
    rows.push(platformsRow(what, made));
  }
  return rows;
}

const BOTH = ["amd64", "arm64"];

function platformsRow(what: string, made: readonly { one: number; two: number }[]): Row {
  const note = `${ms(median(made.map(({ two }) => two)))} / ${ms(median(made.map(({ one }) => one)))}`;
  const ratio = median(made.map(({ one, two }) => two / one));
  return ratioRow({ section: "images", what: `direct, ${what}: two platforms / one`, note }, ratio, 1.5);
}

async function makeFor(lab: Lab, base: string, platforms: readonly string[]): Promise<number> {
  const image = `${lab.host}/bench/platforms-${platforms.length}:1`;
  const flags = platforms.flatMap((platform) => ["--platform", platform]);
  const args = ["-t", image, "--base-image", base, "--engine", "direct", "--push", ...flags];
  return (await timed(lab.place, [lab.place.swcli, "runtime", "dockerize", "bench", ...args])).ms;
}

const forget = ({ place }: Lab) =>
  rmSync(join(place.env.SW_LOCAL_STORAGE ?? "", ".store/v1/cache"), { recursive: true, force: true });

const forgetWheels = ({ place }: Lab) => rmSync(place.env.UV_CACHE_DIR ?? "", { recursive: true, force: true });

async function build({ place, dir }: Lab, text: string): Promise<void> {
  await Bun.write(join(dir, "app.txt"), text);
  await timed(place, [place.swcli, "runtime", "build", "--prepare", "no"], dir);
}

async function make(lab: Lab, engine: "direct" | "buildx"): Promise<number> {
  return (await timed(lab.place, [lab.place.swcli, "runtime", ...dockerizeWords(lab, engine)])).ms;
}

const dockerizeWords = ({ host, base }: Lab, engine: "direct" | "buildx") =>
  `dockerize bench -t ${host}/bench/${engine}:1 --base-image ${base} --engine ${engine} --push`.split(" ");

async function uncached(lab: Lab, rounds: number): Promise<Row> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++) {
    forget(lab);
    await timed(lab.place, ["docker", "builder", "prune", "--all", "--force"]);
    await build(lab, `uncached ${round}`);
    // The lock is made before and counts on neither side; what it brought of the packages goes.
    forgetWheels(lab);
    pairs.push({ buildx: await make(lab, "buildx"), direct: await make(lab, "direct") });
  }
  return rowOf("uncached", pairs, 0.4);
}

async function nothingChanged(lab: Lab, rounds: number): Promise<Row> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++)
    pairs.push({ buildx: await make(lab, "buildx"), direct: await make(lab, "direct") });
  return rowOf("nothing changed", pairs, 0.3);
}

async function fileChanged(lab: Lab, rounds: number): Promise<Row> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++) {
    await build(lab, `changed ${round}`);
    pairs.push({ buildx: await make(lab, "buildx"), direct: await make(lab, "direct") });
  }
  return rowOf("one file changed", pairs, 0.25);
}

interface Pair {
  readonly direct: number;
  readonly buildx: number;
}

function rowOf(what: string, pairs: readonly Pair[], goal: number): Row {
  const note = `${ms(median(pairs.map(({ direct }) => direct)))} / ${ms(median(pairs.map(({ buildx }) => buildx)))}`;
  const ratio = median(pairs.map(({ direct, buildx }) => direct / buildx));
  return ratioRow({ section: "images", what: `${what}: direct / buildx, both pushed`, note }, ratio, goal);
}
