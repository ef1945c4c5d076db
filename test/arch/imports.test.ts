/**
 * Who may import whom (README of the design: cli → daemon → core), where each library lives, and what the hot path
 * drags in. A failure lists the offending files and what they did.
 */
import { expect, test } from "bun:test";
import { type Import, readProject, type Source } from "./project.ts";

const project = await readProject();
const shipped = [...project.values()].filter((source) => /^(cli|core|daemon)\//.test(source.path));

/** "file: specifier" for each import of these files that the rule refuses. */
function offences(sources: readonly Source[], refused: (one: Import, source: Source) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports.filter((one) => refused(one, source)).map((one) => `${source.path}: ${one.specifier} (${one.kind})`),
  );
}

const below = (folder: string) => shipped.filter((source) => source.path.startsWith(`${folder}/`));
const goesTo = (one: Import, folder: string): boolean => one.path?.startsWith(`${folder}/`) ?? false;

test("there are sources to judge, and their imports are seen", () => {
  expect(below("core").length).toBeGreaterThan(10);
  expect(shipped.flatMap((source) => source.imports).filter((one) => one.kind === "static").length).toBeGreaterThan(20);
});

test("every import of a file of ours leads to a file, written with its ending", () => {
  const known = (path: string): boolean =>
    project.has(path) || /^(package|core\/(engines|env)\/.*|\.pack\/uv)\.(json|py)$/.test(path);
  expect(offences([...project.values()], (one) => one.path !== undefined && !known(one.path))).toEqual([]);
});

test("files of the product name each other from the top, so a file can move without its neighbours", () => {
  expect(offences(shipped, (one) => one.specifier.startsWith(".") && one.specifier.endsWith(".ts"))).toEqual([]);
});

test("core knows neither side", () => {
  expect(offences(below("core"), (one) => goesTo(one, "cli") || goesTo(one, "daemon"))).toEqual([]);
});

test("daemon does not know cli", () => {
  expect(offences(below("daemon"), (one) => goesTo(one, "cli"))).toEqual([]);
});

// The transport is the whole in-process daemon, so what is lazy there is the way to it.
const TRANSPORT = "cli/client/in-process.ts";

test("cli reaches daemon lazily, in two places only: the entry and the in-process transport", () => {
  const refused = (one: Import, { path }: Source): boolean => {
    if (one.path === TRANSPORT) return one.kind === "static";
    if (!goesTo(one, "daemon") || path === TRANSPORT) return false;
    return !(path === "cli/main.ts" && one.kind !== "static");
  };
  expect(offences(below("cli"), refused)).toEqual([]);
});

// Types of core may be named anywhere: they leave nothing behind. Of values, beside platform and protocol: the root, which
// says whose daemon is meant, what is pure text for shells (the subshell and `shellenv` render in the client), and the one
// look that the client takes at the disk in the daemon's stead.
const OPEN_CORE =
  /^core\/(platform\/.*|protocol\/.*|errors|report|config\/root|env\/activation\/(plan|quote|shellenv|quick-look))(\.ts|\.json)$/;

test("cli takes from core what it may know: no disk format, no use case", () => {
  const refused = (one: Import) => goesTo(one, "core") && one.kind !== "type" && !OPEN_CORE.test(one.path ?? "");
  expect(offences(below("cli"), refused)).toEqual([]);
});

test("nothing shipped imports tests or scripts", () => {
  expect(offences(shipped, (one) => goesTo(one, "test") || goesTo(one, "scripts"))).toEqual([]);
});

const HOMES: Readonly<Record<string, RegExp>> = {
  citty: /^cli\//,
  consola: /^cli\//,
  yaml: /^core\/(manifest|lock|config)\//,
  nanotar: /^core\/swrt\//,
  ofetch: /^core\/(transfer|oci)\//,
  unstorage: /^core\/(store|config)\//,
  valibot: /^(core|daemon)\//,
  pathe: /^(core|daemon|cli)\//,
  "bun:ffi": /^core\/platform\/libc\.ts$/,
  "#uv-pack": /^core\/platform\/build-info\.ts$/,
};

test("every library has one home", () => {
  const refused = (one: Import, { path }: Source): boolean => {
    if (one.path !== undefined || one.specifier === "bun" || one.specifier.startsWith("node:")) return false;
    const library = one.specifier.startsWith("#") ? one.specifier : (one.specifier.split("/")[0] ?? "");
    return !HOMES[library]?.test(path);
  };
  expect(offences(shipped, refused)).toEqual([]);
});

const AMBIENT = /^(console\.|process\.(exit|env|cwd|chdir|stdout|stderr|stdin)\b|Bun\.(env|stdout|stderr|stdin)\b)/;

test("core has no ambient state: no console, exit, environment, working directory", () => {
  const found = below("core").flatMap(({ path, accesses }) =>
    [...accesses].filter((access) => AMBIENT.test(access)).map((access) => `${path}: ${access}`),
  );
  expect(found).toEqual([]);
});

// The client starts the daemon, which outlives it; and on a system without /proc only ps(1) knows the parent's name.
const SPAWNERS = ["core/platform/proc.ts", "cli/client/ensure-daemon.ts", "cli/shell/detect.ts"];

test("children are started in one place, but for two reasons of the client's", () => {
  const found = shipped
    .filter(({ path }) => !SPAWNERS.includes(path))
    .flatMap(({ path, accesses, imports }) => [
      ...[...accesses]
        .filter((access) => /^Bun\.(spawn|spawnSync|\$)/.test(access))
        .map((access) => `${path}: ${access}`),
      ...imports.filter((one) => one.specifier === "node:child_process").map((one) => `${path}: ${one.specifier}`),
    ]);
  expect(found).toEqual([]);
});

test("imports make no cycle", () => {
  expect(cycles(project.keys(), (one) => one.kind !== "type")).toEqual([]);
});

test("imports of the product make no cycle, not even of types: what two files share stands below both", () => {
  const paths = shipped.map(({ path }) => path);
  expect(cycles(paths, (one) => one.kind !== "lazy")).toEqual([]);
});

const HEAVY = /^(citty|consola|yaml|valibot|ofetch|unstorage|nanotar|node:(fs|fs\/promises|net|child_process))(\/|$)/;

test("the hot path loads nothing heavy: what cli/main.ts imports statically, to the end", () => {
  expect(project.has("cli/main.ts")).toBe(true);
  const found: string[] = [];
  const seen = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const one of project.get(path)?.imports ?? []) {
      if (one.kind !== "static") continue;
      if (HEAVY.test(one.specifier)) found.push([...way, path, one.specifier].join(" → "));
      if (one.path) visit(one.path, [...way, path]);
    }
  };
  visit("cli/main.ts", []);
  expect(found).toEqual([]);
});

/** Each cycle of the imports that count once, as "a → b → a". */
function cycles(paths: Iterable<string>, counts: (one: Import) => boolean): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    for (const one of project.get(path)?.imports ?? []) {
      if (counts(one) && one.path) visit(one.path, [...way, path]);
    }
    done.add(path);
  };
  for (const path of paths) visit(path, []);
  return found;
}
