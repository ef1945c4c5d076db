/**
 * What a URI means once it is parsed, and its full form. Knows no store: a version here is as it was typed
 * (id, unique prefix, tag, vN); the store resolves it. Tests: test/unit/core/uri/parse.test.ts
 */

export interface LocalProject {
  readonly kind: "local";
  readonly project: string;
}

export interface ServerProject {
  readonly kind: "server";
  /** The name it is logged in under; undefined for a server that the config doesn't know. */
  readonly alias: string | undefined;
  /** `http(s)://host[:port]`, without a slash at the end. */
  readonly base: string;
  /** A name, an id or `owner:name`. */
  readonly project: string;
}

export type ProjectUri = LocalProject | ServerProject;

interface Named {
  /** On a server's console URL this is the runtime's id. */
  readonly name: string;
  /** "" when none was given. */
  readonly version: string;
}

export type LocalRuntime = LocalProject & Named;
export type ServerRuntime = ServerProject & Named;
export type RuntimeUri = LocalRuntime | ServerRuntime;

/** What the config says that a URI leaves out. */
export interface UriContext {
  readonly currentInstance: string;
  /** Of the current instance; a server has none until one is selected. */
  readonly currentProject?: string | undefined;
  readonly instances: Readonly<Record<string, { readonly uri: string; readonly currentProject?: string | undefined }>>;
}

export const LOCAL = "local";
export const DEFAULT_PROJECT = "self";

/** The full form, such as `local/project/self/runtime/demo/version/<id>`; what it gives parses to the same. */
export function formatUri(uri: RuntimeUri | ProjectUri): string {
  const project = `${formatInstance(uri)}/project/${uri.project}`;
  if (!("name" in uri)) return project;
  return `${project}/runtime/${uri.name}${uri.version === "" ? "" : `/version/${uri.version}`}`;
}

const formatInstance = (uri: ProjectUri): string =>
  uri.kind === "local" ? LOCAL : uri.alias === undefined ? uri.base : `cloud://${uri.alias}`;
