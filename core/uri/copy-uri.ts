/**
 * The two ends of a copy: beside runtimes they may be a registry (`oci://`) or a package file (`.swrt`),
 * and the destination may leave out what the source says. Tests: test/unit/core/uri/copy-uri.test.ts
 */
import { SwError } from "#core/errors.ts";
import { invalidUri, isName } from "#core/uri/names.ts";
import { type OciUri, parseOciUri } from "#core/uri/oci-uri.ts";
import { parseProjectUri, parseRest, parseRuntimeUri, projectOf, splitUri } from "#core/uri/parse.ts";
import { LOCAL, type ProjectUri, type RuntimeUri, type UriContext } from "#core/uri/uri.ts";

export interface FileUri {
  readonly kind: "file";
  /** As typed; relative to the client's folder. */
  readonly path: string;
}

export type CopyEnd = RuntimeUri | OciUri | FileUri;

export interface CopyDefaults {
  readonly source: CopyEnd;
  /** The name that the source has, where it has one: an image or a file may only know it inside. */
  readonly sourceName?: string | undefined;
  /** `-dlp`: a local project. */
  readonly destLocalProject?: string | undefined;
}

export function parseCopySource(text: string, config: UriContext): CopyEnd {
  return parseOciUri(text) ?? parseFileUri(text) ?? parseRuntimeUri(text, config);
}

/**
 * The destination with everything that it leaves out filled in. Its version is always "": copies keep the source's.
 * @throws SwError URI_INVALID, or USAGE when `-dlp` contradicts the destination.
 */
export function parseCopyDest(text: string, config: UriContext, defaults: CopyDefaults): CopyEnd {
  const elsewhere = parseOciUri(text) ?? parseFileUri(text);
  if (elsewhere) return elsewhere;
  if (text === "." || text === "") {
    return { ...localProject(config, defaults), name: sourceName(text, defaults), version: "" };
  }
  const parts = splitUri(text, config);
  if (parts.instance === undefined && parts.project === undefined) {
    return { ...shortDest(config, defaults), name: parseRest(text, parts).name, version: "" };
  }
  if (defaults.destLocalProject !== undefined) throw twoProjects(text);
  const name = parts.rest.length === 0 ? sourceName(text, defaults) : parseRest(text, parts).name;
  return { ...projectOf(text, parts, config), name, version: "" };
}

/** What comes from elsewhere goes to the local instance; what is local goes where short forms point. */
function shortDest(config: UriContext, defaults: CopyDefaults): ProjectUri {
  const toLocal = defaults.source.kind !== "local" || defaults.destLocalProject !== undefined;
  return toLocal
    ? localProject(config, defaults)
    : projectOf("", { instance: undefined, project: undefined, rest: [] }, config);
}

function localProject(config: UriContext, { destLocalProject }: CopyDefaults): ProjectUri {
  const local: UriContext =
    config.currentInstance === LOCAL ? config : { ...config, currentInstance: LOCAL, currentProject: undefined };
  if (destLocalProject === undefined) {
    return projectOf("", { instance: undefined, project: undefined, rest: [] }, local);
  }
  const project = parseProjectUri(destLocalProject, local);
  if (project.kind !== "local") throw invalidUri(destLocalProject, "-dlp takes a project of the local instance");
  return project;
}

function sourceName(text: string, { source, sourceName }: CopyDefaults): string {
  const name = sourceName ?? ("name" in source ? source.name : undefined);
  if (name === undefined || !isName(name)) {
    throw invalidUri(text, "the source does not say its runtime's name", "Write the name as the destination.");
  }
  return name;
}

const twoProjects = (text: string): SwError =>
  new SwError("USAGE", `${text} already names a project; -dlp names another`, {
    hint: "Use -dlp only with `.` or a bare name.",
  });

/** A path that ends in `.swrt` and has no scheme; undefined for anything else. */
export function parseFileUri(text: string): FileUri | undefined {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return undefined;
  if (!text.endsWith(".swrt")) {
    // Nothing else begins like a path.
    if (/^(\/|~\/|\.\.?\/)/.test(text)) throw invalidUri(text, "a package file's name ends in .swrt");
    return undefined;
  }
  if (text.length > 4096 || /[\0-\x1f\x7f]/.test(text)) throw invalidUri(text, "not a path that can be written down");
  return { kind: "file", path: text };
}
