/** Channels behind proxies and certificates that only the condarc knows. */
import { expect } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Home, tempHome } from "../helpers/home.ts";
import { needsLinux, needsProgram, testWith } from "../helpers/needs.ts";
import { channelPython, condaChannel, serveChannel } from "../servers/conda-channel.ts";

const needs = [needsLinux(), channelPython() ? undefined : "a CPython with a prefix of its own"];
const LONG = 120_000;
const build = ["runtime", "build", "--prepare", "no"];
const RUN = ["runtime", "run", "demo", "--", "python", "-c", "print(1)"];

async function project(home: Home, channel: string, condarc = "{}"): Promise<string> {
  const { minor } = await condaChannel();
  const configs = `configs: { conda: { channels: ["${channel}"], condarc: ${condarc} } }\n`;
  const yaml = `name: demo\nenvironment: { python: "${minor}", arch: amd64 }\n${configs}`;
  return await home.project({ "runtime.yaml": `${yaml}dependencies: [{ conda: [everywhere] }]\n` });
}

/** An authority of its own, and a certificate for this machine that it signed. */
async function authority(home: Home): Promise<{ ca: string; key: string; cert: string }> {
  const at = (name: string) => join(home.dir, name);
  const [ca, key, cert] = [at("ca.pem"), at("leaf.key"), at("leaf.pem")];
  const extensions = await home.write("leaf.ext", "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
  const fresh = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj"];
  const sign = ["-CA", ca, "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  for (const argv of [
    [...fresh, "/CN=own authority", "-x509", "-days", "2", "-keyout", at("ca.key"), "-out", ca],
    [...fresh, "/CN=127.0.0.1", "-keyout", key, "-out", at("leaf.csr")],
    ["openssl", "x509", "-req", "-in", at("leaf.csr"), ...sign, "-extfile", extensions, "-out", cert],
  ]) {
    expect(await home.exec(argv)).toMatchObject({ exitCode: 0 });
  }
  return { ca, key, cert };
}

/** The channel over https, for one login. */
function tlsChannel(dir: string, { key, cert }: { key: string; cert: string }, login: string) {
  const expected = `Basic ${btoa(login)}`;
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { key: Bun.file(key), cert: Bun.file(cert) },
    async fetch(request) {
      if (request.headers.get("authorization") !== expected) return new Response("no", { status: 401 });
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      const file = Bun.file(join(dir, pathname.replace(/^\/t\/tk-1/, "")));
      return (await file.exists()) ? new Response(file) : new Response("not here", { status: 404 });
    },
  });
  return { asked, host: `127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

/** A proxy that answers for a host that no name service knows. */
async function channelProxy(dir: string, host: string) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://direct.invalid");
    asked.push(url.host);
    const file = Bun.file(join(dir, url.pathname));
    const isThere = url.host === host && (await file.exists());
    response.writeHead(isThere ? 200 : 404).end(isThere ? await file.bytes() : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

testWith(...needs, needsProgram("openssl"))(
  "a channel's certificate is checked against the condarc's authority, or not at all when it says so",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    const files = await authority(home);
    await using channel = tlsChannel(dir, files, "me:p@ss");
    const cwd = await project(home, `https://${channel.host}/main`);
    const login = `channels: ['https://me:p@ss@${channel.host}/main']\n`;
    await home.write(".condarc", login);
    const refused = await home.run(build, { cwd });
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("certificate");
    expect(refused.stderr).toContain("ssl_verify");
    for (const name of ["SW_CA_BUNDLE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"]) {
      const unset = { SSL_CERT_FILE: undefined, REQUESTS_CA_BUNDLE: undefined, CURL_CA_BUNDLE: undefined };
      const env = { ...unset, SSL_CERT_DIR: "/etc/ssl/certs", [name]: files.ca };
      expect(await home.run([...build, "-nc"], { cwd, env }), name).toMatchObject({ exitCode: 0 });
    }
    await home.write(".condarc", `${login}ssl_verify: ${files.ca}\n`);
    const trusted = await home.run([...build, "-nc"], { cwd });
    expect(trusted).toMatchObject({ exitCode: 0 });
    expect(trusted.stderr).not.toContain("not checked");
    await home.write(".condarc", `${login.replace("/main", "/t/tk-1/main")}ssl_verify: false\n`);
    channel.asked.length = 0;
    const unchecked = await home.run([...build, "-nc"], { cwd });
    expect(unchecked).toMatchObject({ exitCode: 0 });
    expect(unchecked.stderr).toContain("are not checked");
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0, stdout: "1\n" });
    expect(channel.asked.filter((path) => !path.startsWith("/t/tk-1/main/"))).toEqual([]);
    expect(channel.asked.length).toBeGreaterThan(2);
    expect((await home.exec(["grep", "-rlE", "p@ss|tk-1", home.root])).stdout).toBe("");
  },
  LONG,
);

testWith(...needs)(
  "the condarc's proxy reaches a channel that nothing else does; a runtime's own counts for its lock only",
  async () => {
    const { dir } = await condaChannel();
    const env = { NO_PROXY: undefined, no_proxy: undefined, HTTP_PROXY: undefined, http_proxy: undefined };
    await using home = await tempHome({ mode: "in-process", env });
    await using proxy = await channelProxy(dir, "channel.invalid");
    const servers = `{ http: '${proxy.url}' }`;
    const cwd = await project(home, "http://channel.invalid/main", `{ proxy_servers: ${servers} }`);
    const built = await home.run(build, { cwd });
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.stderr).toContain("proxy_servers of the runtime's condarc counts for its lock");
    expect(new Set(proxy.asked)).toEqual(new Set(["channel.invalid"]));
    const alone = await home.run(RUN);
    expect(alone.exitCode).toBe(125);
    expect(alone.stderr).toContain("the channel can't be reached: http://channel.invalid/");
    await home.write(".condarc", `proxy_servers: ${servers}\n`);
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0, stdout: "1\n" });
  },
  LONG,
);

testWith(...needs)(
  "netrc opens a channel, and a token of the condarc one that has them in its paths; neither is kept anywhere",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome({ mode: "in-process" });
    await using closed = serveChannel(dir, { login: "me:s3cret" });
    const cwd = await project(home, `${closed.url}/main`);
    expect((await home.run(build, { cwd })).exitCode).toBe(1);
    await home.write(".netrc", "machine 127.0.0.1 login me password s3cret\n", 0o600);
    expect(await home.run(build, { cwd })).toMatchObject({ exitCode: 0 });
    expect(await home.run(RUN)).toMatchObject({ exitCode: 0, stdout: "1\n" });
    await home.exec(["rm", join(home.dir, ".netrc")]);

    await using other = await tempHome({ mode: "in-process" });
    await using tokens = serveChannel(dir, { token: "tk-s3cret" });
    const there = await project(other, `${tokens.url}/main`);
    expect((await other.run(build, { cwd: there })).exitCode).toBe(1);
    await other.write(".condarc", `channels: ["${tokens.url}/t/$MY_TOKEN/main"]\n`);
    const env = { MY_TOKEN: "tk-s3cret" };
    const own = await project(other, `${tokens.url}/t/tk-s3cret/main`);
    for (const from of [
      own,
      await project(other, "main", `{ custom_channels: { main: "${tokens.url}/t/$MY_TOKEN" } }`),
    ]) {
      expect(await other.run(build, { cwd: from, env })).toMatchObject({ exitCode: 0 });
      expect(await other.run(RUN, { env })).toMatchObject({ exitCode: 0, stdout: "1\n" });
    }
    const kept = [
      await home.exec(["grep", "-rl", "s3cret", home.root]),
      await other.exec(["grep", "-rl", "s3cret", other.root]),
    ];
    expect(kept.map(({ stdout }) => stdout)).toEqual(["", ""]);
  },
  LONG,
);

/** As Python's and many small web servers: no tag, and nothing but the status when nothing has changed. */
function plainServer(dir: string) {
  const unchanged: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.headers.has("if-modified-since")) {
        unchanged.push(pathname);
        return new Response(null, { status: 304 });
      }
      const file = Bun.file(join(dir, pathname));
      const headers = { "last-modified": new Date(file.lastModified).toUTCString(), "cache-control": "max-age=0" };
      return (await file.exists())
        ? new Response(await file.bytes(), { headers })
        : new Response("not here", { status: 404 });
    },
  });
  return { unchanged, url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

testWith(...needs)(
  "a channel with an index in shards on a plain web server is solved from again, although nothing has changed there",
  async () => {
    const { dir } = await condaChannel();
    await using home = await tempHome();
    const copy = join(home.dir, "channel");
    await home.exec(["cp", "-r", dir, copy]);
    expect(await home.run(build, { cwd: await project(home, `file://${copy}/main`) })).toMatchObject({ exitCode: 0 });
    const [python = ""] = [...new Bun.Glob("rattler-*/env/bin/python").scanSync(`${home.root}/.store/v1/tools`)];
    // Without an end of the interpreter, in which the threads of rattler crash now and then.
    const index = `import asyncio, os\nfrom rattler.index import index_fs\nasyncio.run(index_fs("${copy}/main", write_zst=True, write_shards=True, force=True))\nos._exit(0)\n`;
    expect(await home.exec([`${home.root}/.store/v1/tools/${python}`, "-c", index])).toMatchObject({ exitCode: 0 });
    await using plain = plainServer(copy);
    const cwd = await project(home, `${plain.url}/main`);
    expect(await home.run(build, { cwd })).toMatchObject({ exitCode: 0 });
    expect(await home.run([...build, "-nc"], { cwd })).toMatchObject({ exitCode: 0 });
    expect(plain.unchanged.join("\n")).toContain("repodata_shards.msgpack.zst");
  },
  LONG,
);
