/** A team that keeps its resolutions in one place: each of the backends, in the compiled binary, and when it is gone. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { bothModes, type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";
import { servePackages } from "../servers/package-index.ts";
import {
  redisMissing,
  type SharedStore,
  sharedBucket,
  sharedFolder,
  sharedHttp,
  sharedRedis,
  silentServer,
} from "../servers/shared-stores.ts";
import { makeWheel } from "../unit/core/lock/make-wheel.ts";

const LONG = 120_000;
const CONFIG = ".config/starwhale/config.yaml";
const withChannel = testWith(needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own");

const joinTeam = (home: Home, { settings }: Pick<SharedStore, "settings">) =>
  home.write(CONFIG, JSON.stringify({ swcli: { caches: { shared: settings } } }), 0o600);

const YAML = "name: demo\nenvironment: { python: '3.11' }\ndependencies:\n  - pip: [one]\n";

/** Two machines, one index that counts what it is asked. */
async function isResolvedOnce(store: SharedStore): Promise<void> {
  await using ann = await tempHome();
  await using bob = await tempHome({ mode: "in-process" });
  await using index = await servePackages([await makeWheel(join(ann.dir, "wheels"), { name: "one" })]);
  const build = async (home: Home) => {
    await joinTeam(home, store);
    const dir = await home.project({ "runtime.yaml": YAML });
    const env = { UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(home.dir, "uv") };
    return await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], { cwd: dir, env });
  };
  const first = await build(ann);
  expect(first).toMatchObject({ exitCode: 0, json: { lock: { cached: false } } });
  const asked = index.asked.length;
  const second = await build(bob);
  expect(second).toMatchObject({ exitCode: 0, json: { lock: { cached: true }, version: first.json.version } });
  expect(index.asked.length).toBe(asked);
  expect(`${first.stderr}${second.stderr}`).not.toContain("shared cache");
}

const STORES: Readonly<Record<string, () => Promise<SharedStore>>> = {
  "a folder": sharedFolder,
  "an http server": async () => sharedHttp(),
  "a bucket": async () => sharedBucket(),
};

for (const [name, open] of Object.entries(STORES)) {
  test(
    `a set that one machine resolved is not resolved on another that shares ${name}`,
    async () => {
      await using store = await open();
      await isResolvedOnce(store);
    },
    LONG,
  );
}

testWith(await redisMissing())(
  "a set that one machine resolved is not resolved on another that shares Redis",
  async () => {
    await using store = await sharedRedis();
    await isResolvedOnce(store);
  },
  LONG,
);

bothModes((mode) => {
  test(
    "without the shared cache a build is only slower: one wait and one warning, no more for a minute",
    async () => {
      await using silent = silentServer();
      await using home = await tempHome({ mode });
      const [host = "", port] = silent.host.split(":");
      await joinTeam(home, {
        settings: { driver: "redis", options: { host, port: Number(port), password: "s3cret" } },
      });
      await using index = await servePackages([await makeWheel(join(home.dir, "wheels"), { name: "one" })]);
      const env = { UV_DEFAULT_INDEX: index.url, UV_CACHE_DIR: join(home.dir, "uv") };
      const build = async (text: string) => {
        const cwd = await home.project({ "runtime.yaml": text });
        return await home.run(["runtime", "build", "--prepare", "no"], { cwd, env });
      };
      const first = await build(YAML);
      expect(first.exitCode).toBe(0);
      expect(first.stderr.match(/shared cache/g)).toEqual(["shared cache"]);
      expect(first.stderr).not.toContain("s3cret");
      const second = await build(YAML.replace("one", "one==1.0"));
      expect(second.exitCode).toBe(0);
      expect(second.stderr).not.toContain("shared cache");
      expect(silent.connections()).toBe(1);
    },
    LONG,
  );
});

withChannel(
  "a conda solution is shared, and one that was changed is refused with a warning and solved anew",
  async () => {
    const { dir, minor } = await condaChannel();
    await using channel = serveChannel(dir);
    await using store = sharedHttp();
    const build = async (home: Home) => {
      await joinTeam(home, store);
      const conda = `configs: { conda: { channels: ["${channel.url}/main"] } }`;
      const yaml = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\n${conda}\ndependencies:\n  - conda: [native, "hail=2"]\n`;
      const cwd = await home.project({ "runtime.yaml": yaml });
      return await home.run(["-o", "json", "runtime", "build", "--prepare", "no"], { cwd });
    };
    await using ann = await tempHome();
    const first = await build(ann);
    expect(first).toMatchObject({ exitCode: 0, json: { lock: { cached: false } } });
    const asked = channel.requests.length;
    await using bob = await tempHome();
    expect(await build(bob)).toMatchObject({
      exitCode: 0,
      json: { lock: { cached: true }, version: first.json.version },
    });
    expect(channel.requests.length).toBe(asked);

    const [path = "", text = ""] = [...store.kept].find(([name]) => name.includes("conda")) ?? [];
    for (const [change, reason] of changes(JSON.parse(text).value, channel.url)) {
      store.kept.set(path, sealed(JSON.parse(text).key, change));
      await using carol = await tempHome({ mode: "in-process" });
      const refused = await build(carol);
      expect(refused).toMatchObject({ exitCode: 0, json: { lock: { cached: false }, version: first.json.version } });
      expect(refused.stderr).toContain(reason);
      expect(JSON.parse(store.kept.get(path) ?? "").value).toEqual(JSON.parse(text).value);
    }
  },
  LONG,
);

interface Solution {
  records: { name: string; version: string; url: string; sha256?: string }[];
}

function changes({ records }: Solution, url: string): [Solution, string][] {
  const changed = (change: (record: Solution["records"][number]) => object) => ({
    records: records.map((one) => (one.name === "hail" ? { ...one, ...change(one) } : one)),
  });
  return [
    [
      changed((one) => ({ url: one.url.replace(`${url}/main`, "http://evil.example/main") })),
      "hail is from none of the channels",
    ],
    [changed(() => ({ version: "3.0" })), "hail=2 is not in it"],
    [changed(() => ({ sha256: undefined, md5: undefined })), "hail has no hash"],
    [{ records: records.filter(({ name }) => name !== "python") }, "is not in it"],
  ];
}

/** As somebody would who may write the cache and knows how. */
function sealed(key: string, value: unknown): string {
  const sha256 = new Bun.CryptoHasher("sha256").update(canonical({ format: 1, key, value })).digest("hex");
  return JSON.stringify({ format: 1, key, sha256, value });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(",")}}`;
}
