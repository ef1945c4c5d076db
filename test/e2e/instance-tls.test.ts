/** Servers with a certificate that only some trust. */
import { expect } from "bun:test";
import { join } from "node:path";
import { type Home, SWCLI_BIN, tempHome } from "../helpers/home.ts";
import { needsFile, needsProgram, testWith } from "../helpers/needs.ts";
import { type StarwhaleServer, startStarwhale } from "../servers/starwhale.ts";

const LOGIN = ["--alias", "safe", "--username", "starwhale", "--password-stdin"];
const PASSWORD = { stdin: "abcd1234" };

async function certificate(home: Home): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(home.dir, "key.pem"), join(home.dir, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject];
  const done = await home.exec([...made, "-keyout", key, "-out", cert]);
  if (done.exitCode !== 0) throw new Error(done.stderr);
  return { key, cert };
}

/** The same server behind TLS. */
function tlsDoor(server: StarwhaleServer, { key, cert }: { key: string; cert: string }) {
  const door = Bun.serve({
    port: 0,
    tls: { key: Bun.file(key), cert: Bun.file(cert) },
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.delete("host");
      headers.set("accept-encoding", "identity");
      const body = request.method === "GET" || request.method === "HEAD" ? undefined : await request.arrayBuffer();
      return await fetch(`${server.url}${pathname}${search}`, { method: request.method, headers, body });
    },
  });
  return { url: `https://localhost:${door.port}`, [Symbol.dispose]: () => void door.stop(true) };
}

testWith(needsProgram("openssl"))(
  "a certificate is checked unless the login says otherwise",
  async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode: "in-process" });
    const files = await certificate(home);
    using door = tlsDoor(server, files);
    const login = ["instance", "login", door.url, ...LOGIN];
    const list = ["project", "list", "-i", "safe"];
    const refused = await home.run(login, PASSWORD);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain("is not trusted");
    expect(refused.stderr).toContain("SW_CA_BUNDLE");
    expect(server.seen).toEqual([]);
    for (const name of ["SW_CA_BUNDLE", "SSL_CERT_FILE"]) {
      const env = { [name]: files.cert };
      expect(await home.run(login, { ...PASSWORD, env })).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await home.run(list, { env })).toMatchObject({ exitCode: 0, stderr: "" });
    }
    expect(await home.run(list)).toMatchObject({ exitCode: 1 });
    const missing = await home.run(list, { env: { SW_CA_BUNDLE: "/nowhere.pem" } });
    expect(missing).toMatchObject({ exitCode: 3 });
    const open = await home.run([...login, "--insecure-tls"], PASSWORD);
    expect(open).toMatchObject({ exitCode: 0 });
    expect(open.stderr).toContain("is not checked (--insecure-tls)");
    const later = await home.run(list);
    expect(later).toMatchObject({ exitCode: 0 });
    expect(later.stderr).toContain("is not checked");
    expect(await home.run(login, { ...PASSWORD, env: { SW_CA_BUNDLE: files.cert } })).toMatchObject({ exitCode: 0 });
    expect(await home.run(list)).toMatchObject({ exitCode: 1 });
  },
  30_000,
);

// Where Debian, Alpine and others keep the list that its own tools write.
const SYSTEM_LIST = "/etc/ssl/certs/ca-certificates.crt";

testWith(needsProgram("openssl"), needsProgram("unshare"), needsFile(SYSTEM_LIST))(
  "who is in the system's list of authorities is trusted without a word",
  async () => {
    await using server = await startStarwhale();
    await using home = await tempHome({ mode: "in-process" });
    const files = await certificate(home);
    using door = tlsDoor(server, files);
    const others = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
    const env = Object.fromEntries(others.map((name) => [name, undefined]));
    const login = [SWCLI_BIN, "instance", "login", door.url, ...LOGIN];
    const mounted = 'mount --bind "$0" "$1" && shift && exec "$@"';
    const inOwnPlace = ["unshare", "-rm", "sh", "-c", mounted, files.cert, SYSTEM_LIST];
    const trusted = await home.exec([...inOwnPlace, ...login], { ...PASSWORD, env });
    expect(trusted).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await home.exec(login, { ...PASSWORD, env })).stderr).toContain("is not trusted");
  },
  30_000,
);
