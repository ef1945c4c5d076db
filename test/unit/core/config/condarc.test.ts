import { expect, test } from "bun:test";
import { cleanCondarc, condarcFiles, condarcText, readCondarc } from "#core/config/condarc.ts";
import { withCtx } from "#core/context.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

const read = async (home: StoreHome, env: Record<string, string> = {}) =>
  await readCondarc(withCtx(home.ctx, { env: { HOME: home.dir, ...env } }));

test("stronger files win, their lists go first, maps are joined, and the files are named", async () => {
  await using home = await storeHome();
  const weak = await home.write(
    ".config/conda/.condarc",
    "channels: [a, b]\nssl_verify: true\ncustom_channels: { one: https://x, two: https://old }\n",
  );
  const strong = await home.write(
    ".condarc",
    "channels: [c, a]\nssl_verify: false\ncustom_channels: { two: https://new }\n",
  );
  const { data, files } = await read(home);
  expect(data).toEqual({
    channels: ["c", "a", "b"],
    ssl_verify: false,
    custom_channels: { one: "https://x", two: "https://new" },
  });
  expect(files.filter((path) => path.startsWith(home.dir))).toEqual([weak, strong]);
});

test("every place that conda looks in counts, from the weakest to the strongest", async () => {
  await using home = await storeHome();
  await home.write("own/rc.yml", "channels: [8]\n");
  await home.write("env/.condarc", "channels: [7]\n");
  await home.write(".condarc", "channels: [6]\n");
  await home.write(".conda/condarc.d/b.yaml", "channels: [5]\n");
  await home.write(".conda/condarc.d/a.yml", "channels: [4]\n");
  await home.write(".conda/condarc.d/note.txt", "channels: [0]\n");
  await home.write(".conda/condarc", "channels: [3]\n");
  await home.write("xdg/conda/condarc", "channels: [2]\n");
  await home.write("base/.condarc", "channels: [1]\n");
  const env = {
    CONDARC: "~/own/rc.yml",
    CONDA_PREFIX: `${home.dir}/env`,
    XDG_CONFIG_HOME: `${home.dir}/xdg`,
    CONDA_EXE: `${home.dir}/base/bin/conda`,
  };
  expect((await read(home, env)).data.channels).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
});

test.each([
  ["MAMBA_ROOT_PREFIX", (dir: string) => ({ MAMBA_ROOT_PREFIX: `${dir}/base` })],
  ["CONDA_EXE", (dir: string) => ({ CONDA_EXE: `${dir}/base/bin/conda` })],
  ["CONDA_ROOT", (dir: string) => ({ CONDA_ROOT: `${dir}/base` })],
])("the condarc of the installation that %s names counts", async (_, env) => {
  await using home = await storeHome();
  await home.write("base/.condarc", "channels: [theirs]\n");
  await home.write(".condarc", "channels: [mine]\n");
  expect((await read(home, env(home.dir))).data.channels).toEqual(["mine", "theirs"]);
});

test("a file that is no condarc is said and left out; an empty one says nothing", async () => {
  await using home = await storeHome();
  const bad = await home.write(".condarc", "- a list\n");
  const broken = await home.write(".conda/condarc", "channels: [");
  await home.write(".conda/.condarc", "# nothing\n");
  expect((await read(home)).data).toEqual({});
  expect(home.said).toEqual([`${broken} is not a condarc and is left out`, `${bad} is not a condarc and is left out`]);
});

test("values have the types that conda reads", async () => {
  await using home = await storeHome();
  await home.write(".condarc", "ssl_verify: no\nalways_yes: on\n");
  expect((await read(home)).data).toEqual({ ssl_verify: false, always_yes: true });
});

test("a machine without any of them has the list of places all the same", async () => {
  await using home = await storeHome();
  expect(await condarcFiles({ HOME: home.dir })).toContain(`${home.dir}/.condarc`);
  expect((await condarcFiles({ HOME: home.dir })).some((path) => path.includes("undefined"))).toBe(false);
});

test("credentials become variables, each is said once, and everything else stays", async () => {
  await using home = await storeHome();
  const clean = cleanCondarc(home.ctx, {
    channel_alias: "https://me:p@ss@c.example/conda",
    channels: ["https://c.example/t/tk-1/priv", "forge"],
    proxy_servers: { http: "http://u:secret@proxy:8080" },
    anaconda_token: "tk-2",
    add_anaconda_token: true,
    ssl_verify: "/etc/ca.pem",
  });
  expect(clean).toEqual({
    channel_alias: "https://${SW_CONDA_AUTH_1}@c.example/conda",
    channels: ["https://c.example/t/${SW_CONDA_AUTH_2}/priv", "forge"],
    proxy_servers: { http: "http://${SW_CONDA_AUTH_3}@proxy:8080" },
    anaconda_token: "${SW_CONDA_AUTH_4}",
    add_anaconda_token: true,
    ssl_verify: "/etc/ca.pem",
  });
  expect(home.said).toHaveLength(4);
  expect(home.said.join()).not.toMatch(/tk-|secret|p@ss/);
});

test("what opens a channel of the lock has that channel's number, variables stay, and other numbers open nothing", async () => {
  await using home = await storeHome();
  const channels = ["forge", "https://c.example/conda/lab", "https://p.example/priv"];
  const condarc = {
    channel_alias: "https://me:pw@c.example/conda",
    channels: ["https://p.example/t/tk/priv", "https://q.example/t/$MY_TOKEN/q", "file:///srv/t/team/c"],
    proxy_servers: { http: "http://u:pw@proxy:8080" },
  };
  expect(cleanCondarc(home.ctx, condarc, channels)).toEqual({
    channel_alias: "https://${SW_CONDA_AUTH_2}@c.example/conda",
    channels: [
      "https://p.example/t/${SW_CONDA_AUTH_3}/priv",
      "https://q.example/t/$MY_TOKEN/q",
      "file:///srv/t/team/c",
    ],
    proxy_servers: { http: "http://${SW_CONDA_AUTH_4}@proxy:8080" },
  });
  expect(home.said.filter((text) => text.includes("to restore, set SW_CONDA_AUTH_"))).toHaveLength(2);
  expect(home.said.filter((text) => text.includes("conda reads it from SW_CONDA_AUTH_4"))).toHaveLength(1);
});

test("the same settings give the same text, in a form that conda reads", () => {
  const text = condarcText({ ssl_verify: false, channels: ["b", "a"], name: "no" });
  expect(text).toBe("channels:\n- b\n- a\nname: 'no'\nssl_verify: false\n");
  expect(condarcText({ name: "no", channels: ["b", "a"], ssl_verify: false })).toBe(text);
});
