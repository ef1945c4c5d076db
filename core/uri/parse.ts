/**
 * The grammar of URIs: full and short forms, with or without a scheme, console addresses, and the guides' own slip.
 * Parses text to a typed result; must not know whether the thing exists. Tests: test/unit/core/uri/parse.test.ts
 */
import { SwError } from "#core/errors.ts";
import { byAlias, type Instance, splitAddress } from "#core/uri/instance.ts";
import { invalidUri, isName, isServerName, isServerProject, isVersion, screen } from "#core/uri/names.ts";
import { DEFAULT_PROJECT, LOCAL, type ProjectUri, type RuntimeUri, type UriContext } from "#core/uri/uri.ts";

/** A URI cut into its parts: what was not named is undefined; `rest` is what follows the project. */
export interface Parts {
  readonly instance: Instance | undefined;
  readonly project: string | undefined;
  readonly rest: readonly string[];
}

/**
 * @throws SwError URI_INVALID for what the grammar does not have, INSTANCE_NOT_FOUND for an unknown alias.
 */
export function parseRuntimeUri(text: string, config: UriContext): RuntimeUri {
  const parts = splitUri(text, config);
  if (parts.rest.length === 0) throw invalidUri(text, "it names a project, not a runtime");
  return { ...projectOf(text, parts, config), ...parseRest(text, parts) };
}

/** `PROJECT`, `INSTANCE/project/PROJECT`, `cloud://…`, `http(s)://…` or a console address of a project. */
export function parseProjectUri(text: string, config: UriContext): ProjectUri {
  const { instance, project, rest } = splitUri(text, config);
  const bare = instance === undefined && project === undefined;
  const [name, ...more] = bare
    ? rest[0] === "project" && rest.length === 2
      ? rest.slice(1)
      : rest
    : [project, ...rest];
  if (more.length > 0) throw invalidUri(text, "it names more than a project", PROJECT_FORMS);
  return projectOf(text, { instance, project: name, rest: [] }, config);
}

const PROJECT_FORMS = "A project is PROJECT or INSTANCE/project/PROJECT.";

/** The project that short forms mean. @throws SwError URI_INVALID when the current server has none selected. */
export const defaultProject = (config: UriContext): ProjectUri =>
  projectOf("", { instance: undefined, project: undefined, rest: [] }, config);

/** Cuts a URI; the words are not checked yet, except that none is empty. */
export function splitUri(text: string, config: UriContext): Parts {
  screen(text);
  const address = splitAddress(text, config);
  if (address) return splitServerPath(text, address.instance, address.path);
  const [, scheme, after] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === undefined) return splitPlain(text, config);
  if (scheme.toLowerCase() !== "cloud") throw invalidUri(text, `the scheme ${scheme}:// has no meaning here`);
  const [alias = "", ...words] = wordsOf(text, after ?? "");
  return splitServerPath(text, byAlias(alias, config), words.join("/"));
}

function splitPlain(text: string, config: UriContext): Parts {
  const words = wordsOf(text, text);
  if (words[1] === "project" && words.length >= 3) {
    return splitServerPath(text, byAlias(words[0] ?? "", config), words.slice(1).join("/"));
  }
  if (words[0] === "project" && words.length >= 4) return { instance: undefined, ...ownerFirst(words.slice(1)) };
  if (words[1] === "runtime" && words.length >= 3) {
    return { instance: undefined, project: words[0], rest: words.slice(1) };
  }
  return { instance: undefined, project: undefined, rest: words };
}

/** What follows an instance: `project/P[/…]`, or a page of the console, `projects/ID/runtimes/ID/versions/V/…`. */
function splitServerPath(text: string, instance: Instance, path: string): Parts {
  const [first, ...words] = path === "" ? [] : wordsOf(text, path);
  if (first === "project" && words.length > 0) return { instance, ...ownerFirst(words) };
  if (first !== "projects" || instance.kind === "local" || words.length === 0) {
    throw invalidUri(text, "after the instance, project/PROJECT is missing");
  }
  const [project, runtimes = "runtimes", name, versions = "versions", version] = words;
  if (runtimes !== "runtimes" || versions !== "versions") throw invalidUri(text, "not a page of a runtime");
  const rest = name === undefined ? [] : version === undefined ? [name] : [name, "version", version];
  return { instance, project, rest };
}

/** The guides write `project/runtime/mnist/mnist-cloud`, meaning the project mnist. */
function ownerFirst(words: string[]): { project: string | undefined; rest: string[] } {
  const [first, second, third] = words;
  const swapped = first === "runtime" && third !== undefined && second !== "runtime" && third !== "version";
  return swapped ? { project: second, rest: words.slice(2) } : { project: first, rest: words.slice(1) };
}

function wordsOf(text: string, path: string): string[] {
  const words = path.split("/");
  if (words.includes("")) throw invalidUri(text, text === "" ? "it is empty" : "a part between slashes is empty");
  return words;
}

/** `[runtime/]NAME`, `NAME/VERSION` or `NAME/version/VERSION`. */
export function parseRest(text: string, { instance, rest }: Parts): { name: string; version: string } {
  const ownName = rest[1] === "version" && rest.length === 3;
  const words = rest[0] === "runtime" && rest.length > 1 && !ownName ? rest.slice(1) : rest;
  const [name = "", second, third] = words;
  if (words.length > 3 || (words.length === 3 && second !== "version")) {
    throw invalidUri(text, "after the name, only /version/VERSION may follow");
  }
  const version = third ?? second ?? "";
  if (!(instance?.kind === "server" ? isServerName(name) : isName(name))) throw invalidUri(text, badName(name), NAMES);
  if (version !== "" && !isVersion(version)) throw invalidUri(text, badName(version), NAMES);
  return { name, version };
}

const badName = (word: string): string => `${JSON.stringify(word.slice(0, 80))} is not a valid name`;
const NAMES = "Names have 1 to 80 letters, digits, `_`, `.` or `-`, and begin with a letter or `_`.";

/** The project of the parts, or the default one where they name none. */
export function projectOf(text: string, { instance, project }: Parts, config: UriContext): ProjectUri {
  const owner = instance ?? byAlias(config.currentInstance, config);
  const word = project ?? currentProject(owner, config);
  if (word === undefined) {
    throw new SwError("URI_INVALID", `no project is selected on ${config.currentInstance}`, {
      hint: "Select one with `swcli project select`, or write INSTANCE/project/PROJECT/runtime/NAME.",
    });
  }
  if (!(owner.kind === "local" ? isName(word) : isServerProject(word))) throw invalidUri(text, badName(word), NAMES);
  return { ...owner, project: word };
}

function currentProject(owner: Instance, config: UriContext): string | undefined {
  const alias = owner.kind === "local" ? LOCAL : (owner.alias ?? "");
  const own = Object.hasOwn(config.instances, alias) ? config.instances[alias]?.currentProject : undefined;
  const current = alias === config.currentInstance ? (config.currentProject ?? own) : own;
  return current ?? (owner.kind === "local" ? DEFAULT_PROJECT : undefined);
}
