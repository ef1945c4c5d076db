import { expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { SwError } from "#core/errors.ts";
import type { RequirementSource } from "#core/lock/requirements.ts";
import { type LockHome, lockHome } from "./lock-home.ts";

const file = (path: string): RequirementSource => ({
  kind: "file",
  path,
  at: { file: "runtime.yaml", line: 4, column: 5 },
});

async function failure(work: Promise<unknown>): Promise<SwError> {
  return await work.then(
    () => {
      throw new Error("nothing was refused");
    },
    (e) => e,
  );
}

/** The texts that a requirement file of this content gives. */
async function texts(home: LockHome, content: string | Uint8Array, env = {}) {
  await home.write("requirements.txt", content);
  return (await home.read([file("requirements.txt")], env)).requirements.map((line) => line.text);
}

const HASH = `sha256:${"ab".repeat(32)}`;

test("a file with comments, blank lines, continuations and CRLF gives what pip reads", async () => {
  await using home = await lockHome();
  const content = [
    "# head",
    "",
    "six==1.16.0  # why",
    "click >= 8.0, \\",
    "  < 9",
    "requests[socks,security] ~= 2.0 ; python_version >= '3.7'",
    "url-pkg @ https://example.invalid/url_pkg-1.0-py3-none-any.whl#sha256=00",
    "  packaging",
    "toml \\",
    "# a comment ends it",
    "Flask_Login",
  ].join("\r\n");
  expect(await texts(home, content)).toEqual([
    "six==1.16.0",
    "click>= 8.0,   < 9",
    "requests[socks,security]~= 2.0 ; python_version >= '3.7'",
    "url-pkg @ https://example.invalid/url_pkg-1.0-py3-none-any.whl",
    "packaging",
    "toml",
    "Flask_Login",
  ]);
});

test("names are normalised, lines know their place", async () => {
  await using home = await lockHome();
  await home.write("requirements.txt", "\n  Flask_Login==0.6\n");
  const { requirements } = await home.read([file("requirements.txt"), "Zope.Interface"]);
  expect(requirements.map(({ name, at }) => [name, at.file, at.line])).toEqual([
    ["flask-login", "requirements.txt", 2],
    ["zope-interface", "runtime.yaml", 4],
  ]);
  expect(requirements[0]?.at.column).toBe(3);
});

test("files in UTF-8 with a mark, UTF-16 and latin-1 are read", async () => {
  await using home = await lockHome();
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("six==1.16.0\nclick", "utf16le")]);
  const latin1 = Buffer.from("# -*- coding: latin-1 -*-\n# caf\xe9\nsix==1.16.0\nclick", "latin1");
  for (const bytes of [utf16, latin1, Buffer.from("\ufeffsix==1.16.0\nclick")]) {
    expect(await texts(home, bytes)).toEqual(["six==1.16.0", "click"]);
  }
});

test("variables are filled in where pip fills them, others stay", async () => {
  await using home = await lockHome();
  const content = "six==${SIX}\nclick==${NOT_SET}\n".replace(
    "==${NOT_SET}",
    " @ https://e.invalid/click-${NOT_SET}-py3-none-any.whl",
  );
  expect(await texts(home, content, { SIX: "1.16.0" })).toEqual([
    "six==1.16.0",
    "click @ https://e.invalid/click-${NOT_SET}-py3-none-any.whl",
  ]);
});

test("hashes belong to their line, on continuation lines too", async () => {
  await using home = await lockHome();
  await home.write(
    "requirements.txt",
    `six==1.16.0 \\\n    --hash=${HASH} \\\n    --hash ${HASH.replace(/b$/, "c")}\nclick\n`,
  );
  const { requirements } = await home.read([file("requirements.txt")]);
  expect(requirements.map((line) => line.hashes)).toEqual([[HASH, HASH.replace(/b$/, "c")], []]);
  expect(requirements[0]?.text).toBe("six==1.16.0");
});

test("nested files are relative to the file that names them, and a cycle ends", async () => {
  await using home = await lockHome();
  await home.write("reqs/base.txt", "-r more/deep.txt\n--constraint=pins.txt\nsix\n");
  await home.write("reqs/more/deep.txt", "click\n-r ../base.txt\n");
  await home.write("reqs/pins.txt", "six<2\n");
  const read = await home.read([file("reqs/base.txt")]);
  expect(read.requirements.map((line) => line.text)).toEqual(["click", "six"]);
  expect(read.constraints.map((line) => line.text)).toEqual(["six<2"]);
  expect(read.files).toEqual(["reqs/base.txt", "reqs/more/deep.txt", "reqs/pins.txt"]);
});

test("index options are read in every spelling", async () => {
  await using home = await lockHome();
  await home.write("wheels/keep", "");
  const content = [
    "-i https://a.invalid/simple",
    "--extra-index-url https://b.invalid/simple",
    "--extra-index-url=https://c.invalid/simple",
    "-fwheels",
    "--find-links https://f.invalid/links.html",
    "--trusted-host b.invalid:8080",
    "--pre",
    "--no-binary=:none:,six",
    "--only-binary click,packaging",
    "--prefer-binary",
    "--require-hashes",
    "--use-feature=fast-deps",
  ];
  await home.write("requirements.txt", content.join("\n"));
  const { index, warnings } = await home.read([file("requirements.txt")]);
  expect(index).toEqual({
    indexUrl: "https://a.invalid/simple",
    extraIndexUrls: ["https://b.invalid/simple", "https://c.invalid/simple"],
    findLinks: [join(home.dir, "wheels"), "https://f.invalid/links.html"],
    trustedHosts: ["b.invalid:8080"],
    noIndex: false,
    pre: true,
    noBinary: [":none:", "six"],
    onlyBinary: ["click", "packaging"],
  });
  expect(warnings).toEqual(["requirements.txt:12:1: --use-feature is ignored"]);
});

test("repositories and bare URLs get the name that they say", async () => {
  await using home = await lockHome();
  const content = [
    "git+https://git.invalid/a/b.git@v1#egg=foo[x]&subdirectory=py",
    "bar @ git+ssh://git@git.invalid/a/bar@main",
    "https://e.invalid/p/Baz_Pkg-1.0-py3-none-any.whl",
    "https://e.invalid/p/qux-2.1.tar.gz",
  ];
  await home.write("requirements.txt", content.join("\n"));
  const { requirements } = await home.read([file("requirements.txt")]);
  expect(requirements.map(({ text, name, kind }) => [text, name, kind])).toEqual([
    ["foo[x] @ git+https://git.invalid/a/b.git@v1#subdirectory=py", "foo", "vcs"],
    ["bar @ git+ssh://git@git.invalid/a/bar@main", "bar", "vcs"],
    ["baz-pkg @ https://e.invalid/p/Baz_Pkg-1.0-py3-none-any.whl", "baz-pkg", "url"],
    ["qux @ https://e.invalid/p/qux-2.1.tar.gz", "qux", "url"],
  ]);
});

const REFUSED: [string, RegExp][] = [
  ["./dist/x-1.0-py3-none-any.whl", /wheels:/],
  ["x-1.0-py3-none-any.whl", /wheels:/],
  ["../other", /Build a wheel/],
  ["-e .", /Build a wheel/],
  ["--editable=git+https://git.invalid/x#egg=x", /Drop the -e/],
  ["file:///srv/x.tar.gz", /Build a wheel/],
  ["x @ file:///srv/x-1.0-py3-none-any.whl", /wheels:/],
  ["git+file:///srv/x.git#egg=x", /git\+https/],
  ["git+git://git.invalid/x.git#egg=x", /git\+https/],
  ["hg+https://hg.invalid/x#egg=x", /git repository/],
  ["git+https://git.invalid/a/b.git", /Write <name> @ git\+https/],
  ["https://e.invalid/archive/main.zip", /Write <name> @ https/],
  ["six=1.0", /six==1.0/],
  ["six>1.0 <2", /comma/],
  ["six==", /six==<version>/],
  ["==1.0", /<name>/],
  ["six; maybe", /python_version/],
  ["--no-such-option x", /pip's/],
  ["--index-url", /pip's/],
  ["-r https://e.invalid/r.txt", /Save it/],
  ["six==1.0 --hash=sha256:12", /64 hex/],
  ["x @ https://user:pw@e.invalid/x-1.0.tar.gz", /VARIABLE/],
  ["--extra-index-url https://user:pw@e.invalid/simple", /VARIABLE/],
];

for (const [line, hint] of REFUSED) {
  test(`"${line}" is refused with its place and what to write instead`, async () => {
    await using home = await lockHome();
    await home.write("requirements.txt", `click\n# two\n${line}\n`);
    const error = await failure(home.read([file("requirements.txt")]));
    expect([error.code, error.message.split("\n")[0]]).toEqual([
      "MANIFEST_REQUIREMENT",
      expect.stringMatching(/^requirements\.txt:3:1: \S/),
    ]);
    expect(error.message.split("\n")[1]).toStartWith("  3 | ");
    expect(error.message).not.toContain("pw");
    expect(error.hint).toMatch(hint);
    expect(error.exitCode).toBe(2);
  });
}

test("a missing file is reported where it was named", async () => {
  await using home = await lockHome();
  await home.write("requirements.txt", "six\n-r none.txt\n");
  const nested = await failure(home.read([file("requirements.txt")]));
  expect([nested.code, nested.message.split("\n")[0]]).toEqual([
    "MANIFEST_FILE_MISSING",
    "requirements.txt:2:1: requirement file none.txt is not there",
  ]);
  const top = await failure(home.read([file("gone.in")]));
  expect(top.message).toStartWith("runtime.yaml:4:5: requirement file gone.in is not there");
});

test("paths that leave the yaml's folder are refused, also through a link", async () => {
  await using home = await lockHome();
  await home.write("../outside.txt", "six\n");
  await symlink(join(home.dir, "../outside.txt"), join(home.dir, "link.txt"));
  await home.write("requirements.txt", "-r ../outside.txt\n");
  await home.write("abs.txt", `-r ${home.dir}/requirements.txt\n`);
  for (const path of ["../outside.txt", "link.txt", "requirements.txt", "abs.txt"]) {
    const error = await failure(home.read([file(path)]));
    expect([path, error.code]).toEqual([path, "MANIFEST_PATH"]);
  }
});

test("a secret of a variable is known as it was written", async () => {
  await using home = await lockHome();
  await home.write("requirements.txt", "x @ git+https://${TOKEN}@git.invalid/x@v1\n");
  const { requirements } = await home.read([file("requirements.txt")], { TOKEN: "s3cret" });
  expect(requirements[0]).toMatchObject({ text: "x @ git+https://s3cret@git.invalid/x@v1", userinfo: "${TOKEN}" });
});
