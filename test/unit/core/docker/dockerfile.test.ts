import { expect, test } from "bun:test";
import { buildArguments, dockerfile } from "#core/docker/dockerfile.ts";
import { PREFIX } from "#core/docker/image-layout.ts";
import { imagePlan } from "#core/docker/image-plan.ts";
import { parseManifest } from "#core/manifest/parse-manifest.ts";

const manifest = (yaml: string) =>
  parseManifest(`version: ${"a".repeat(40)}\nenvironment: { python: '3.11' }\n${yaml}`);

function plan(yaml = "", more: { tags?: string[]; platforms?: string[]; locked?: string[] } = {}) {
  const recipe = {
    ...{
      mode: "venv" as const,
      python: "3.11",
      platforms: more.locked ?? [],
      requirements: undefined,
      vcs: undefined,
      conda: undefined,
    },
    ...{ locked: true, wheels: [], files: [], pip: { indexUrl: "", extraIndexUrl: [], trustedHost: [] } },
  };
  const names = { name: "demo", version: "v".repeat(40), base: "base:1" };
  const output = { kind: "registry" as const };
  return imagePlan({
    ...names,
    manifest: manifest(yaml),
    recipe,
    tags: more.tags ?? ["x:1"],
    platforms: more.platforms ?? [],
    output,
  });
}

const FACTS = { ownPython: false, conda: false, hasLock: true, hashed: true, hasVcs: false, wheelPins: [] };

test("no instruction needs more than docker 19.03, and uv is in no final layer", () => {
  const text = dockerfile(plan(), { ...FACTS, wheelPins: ["tiny==1.0"] });
  expect(text).not.toMatch(/--mount|^# syntax|--link|<</m);
  const final = text.slice(text.lastIndexOf("FROM "));
  expect(final).not.toContain("/swcli/uv");
  expect(final).toContain(`COPY --from=packages ${PREFIX} ${PREFIX}`);
  expect(text).toContain("--require-hashes");
});

test("every install of packages is for the platform that the direct engine takes", () => {
  const text = dockerfile(plan(), { ...FACTS, hasVcs: true, wheelPins: ["tiny==1.0"] });
  const installs = text.split("\n").filter((line) => /uv pip (sync|install)/.test(line));
  const target = `--python-platform "$(${PREFIX}/bin/python -B /swcli/uv-platform.py)" --python-version 3.11 `;
  expect(installs.map((line) => line.includes(target))).toEqual([true, true, true]);
});

test("commands are one RUN each, in order, after the files, with quotes and dollars as written", () => {
  const yaml = `dependencies: { raw_deps: [{ kind: command, deps: ['echo "$A"', 'second \\\\ line'] }] }\n`;
  const lines = dockerfile(plan(yaml), FACTS).split("\n");
  const runs = lines.filter((line) => line.startsWith('RUN ["/bin/sh"'));
  expect(runs.map((line) => JSON.parse(line.slice(4))[2])).toEqual(['echo "$A"', "second \\\\ line"]);
  expect(lines.indexOf(runs[0] ?? "")).toBeGreaterThan(lines.indexOf("COPY root/ /"));
});

test("a value with dollars and quotes reaches the image as it is", () => {
  const yaml = `configs: { pip: { index_url: 'https://i.example/$NAME/"x"' } }\n`;
  expect(dockerfile(plan(yaml), FACTS)).toContain('ENV SW_PYPI_INDEX_URL="https://i.example/\\$NAME/\\"x\\""');
});

test("a value of several lines reaches the image as it is, by an argument that others don't have", () => {
  const base = plan();
  const environment = { ...base.subject.manifest.environment, mode: "conda" as const };
  const variables = { A: "one\ntwo" };
  const conda = {
    ...base,
    subject: { ...base.subject, variables, manifest: { ...base.subject.manifest, environment } },
  };
  const text = dockerfile(conda, FACTS);
  expect(text).toContain("ARG SWCLI_NEWLINE\n");
  expect(text).toContain('ENV A="one${SWCLI_NEWLINE}two"');
  expect(buildArguments(conda)).toEqual(["SWCLI_NEWLINE=\n"]);
  expect(dockerfile(plan(), FACTS)).not.toContain("NEWLINE");
  expect(buildArguments(plan())).toEqual([]);
});

test("packages are installed as root whoever the base's user is, who the final stage keeps; ONBUILD has one stage", () => {
  const text = dockerfile(plan(), { ...FACTS, wheelPins: ["tiny==1.0"] });
  expect(text).toStartWith("FROM base:1 AS base\n\nFROM base AS packages\nUSER 0:0\n");
  expect(text.match(/base:1/g)).toHaveLength(1);
  expect(text.slice(text.lastIndexOf("FROM "))).not.toMatch(/^USER /m);
});

test("a platform that the lock does not cover is refused by name", () => {
  expect(() => plan("", { platforms: ["arm64"], locked: ["linux-x86_64"] })).toThrow("not for linux/arm64");
  expect(plan("", { platforms: ["linux/arm64", "x86_64", "amd64"] }).platforms.map(({ name }) => name)).toEqual([
    "linux/amd64",
    "linux/arm64",
  ]);
  expect(plan().tags).toEqual(["docker.io/library/x:1"]);
});

test("conda's prefix comes with the context, and pip's packages are put into it without taking anything away", () => {
  const text = dockerfile(plan(), { ...FACTS, conda: true });
  expect(text).toContain("COPY conda-${TARGETARCH}/ /\n");
  expect(text).toMatch(/pip install --python \S+ .*--no-deps --require-hashes -r \/swcli\//);
  expect(text).not.toMatch(/uv venv|pip sync|pyvenv/);
});

test("a Python that is brought along is in both stages, and the environment is made of it", () => {
  const text = dockerfile(plan(), { ...FACTS, ownPython: true });
  expect(text.split("COPY python-${TARGETARCH}/ /\n")).toHaveLength(3);
  expect(text).toContain("--python /opt/starwhale.user/python/3.11/bin/python3.11 ");
  expect(text.slice(text.lastIndexOf("FROM "))).toContain("ARG TARGETARCH\nCOPY python-");
});
