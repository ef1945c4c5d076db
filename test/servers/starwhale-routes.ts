/**
 * The calls of the real server that runtimes need: login, projects, runtimes, files, tags, trash. One handler a call,
 * each answers or throws a Refusal.
 */
import type { Exchange } from "./starwhale-answers.ts";
import * as answers from "./starwhale-answers.ts";
import { downloadFile, headVersion, uploadFile } from "./starwhale-files.ts";
import {
  findRuntime,
  findVersion,
  latestOf,
  NAME_PATTERN,
  type StarwhaleState,
  type StoredProject,
  type StoredRuntime,
  type StoredUser,
  type StoredVersion,
} from "./starwhale-state.ts";
import * as tags from "./starwhale-tags.ts";
import * as trash from "./starwhale-trash.ts";

/** What a call is about: as far as its path names it and it exists. */
export interface Scope {
  readonly state: StarwhaleState;
  readonly words: readonly string[];
  project(): StoredProject;
  runtime(): StoredRuntime;
  version(): StoredVersion;
}

export type Handler = (exchange: Exchange, scope: Scope) => void;

const P = "/project/([^/]+)";
const R = `${P}/runtime/([^/]+)`;
const V = `${R}/version/([^/]+)`;

export const ROUTES: readonly [method: string, path: RegExp, handler: Handler][] = [
  ["GET", /^\/user\/current$/, currentUser],
  ["GET", /^\/system\/version$/, (exchange) => answers.success(exchange, { id: "1", version: "0.6.15" })],
  ["GET", /^\/project\/?$/, listProjects],
  ["POST", /^\/project\/?$/, createProject],
  [
    "GET",
    at(P),
    (exchange, scope) => answers.success(exchange, answers.projectVo(scope.state, scope.project(), false)),
  ],
  ["DELETE", at(P), removeProject],
  ["PUT", at(`${P}/recover`), recoverProject],
  ["GET", at(`${P}/runtime`), listRuntimes],
  ["GET", at(`${P}/trash`), trash.listTrash],
  ["PUT", at(`${P}/trash/([^/]+)`), trash.recoverFromTrash],
  ["DELETE", at(`${P}/trash/([^/]+)`), trash.purge],
  ["GET", at(R), runtimeInfo],
  ["DELETE", at(R), trash.removeRuntime],
  ["PUT", at(`${R}/recover`), brokenRecover],
  ["GET", at(`${R}/version`), history],
  ["GET", at(`${R}/tag/([^/]+)`), tags.findTag],
  ["HEAD", at(V), headVersion],
  ["PUT", at(V), brokenTag],
  ["POST", at(`${V}/file`), uploadFile],
  ["GET", at(`${V}/file`), downloadFile],
  ["GET", at(`${V}/tag`), tags.listTags],
  ["POST", at(`${V}/tag`), tags.addTag],
  ["DELETE", at(`${V}/tag/([^/]+)`), tags.removeTag],
];

function at(path: string): RegExp {
  return new RegExp(`^${path}/?$`);
}

/** The names in a path, found when they are asked for: each missing one has its own error. */
export function scopeOf(state: StarwhaleState, words: readonly string[]): Scope {
  const [projectUrl = "", runtimeUrl = "", versionUrl = ""] = words;
  const project = (): StoredProject => {
    const found = state.findProject(projectUrl);
    if (found === "deleted") throw answers.filterError(404, "ValidationException", "Project is deleted");
    if (found === undefined)
      throw answers.filterError(404, "ValidationException", `Unable to find project ${projectUrl}`);
    return found;
  };
  const runtime = (): StoredRuntime => {
    const found = findRuntime(project(), runtimeUrl);
    if (found !== undefined) return found;
    if (/^\d+$/.test(runtimeUrl))
      throw answers.filterError(404, "ValidationException", "Resource is not in the project");
    throw answers.controllerError(
      404,
      "NOT FOUND: 003",
      `Unable to find Runtime\nUnable to find Runtime ${runtimeUrl}`,
    );
  };
  const version = (): StoredVersion => {
    const found = findVersion(runtime(), versionUrl);
    if (found !== undefined) return found;
    throw answers.controllerError(404, "NOT FOUND: 004", `Unable to find version\n${versionUrl}`);
  };
  return { state, words, project, runtime, version };
}

export function login(exchange: Exchange, state: StarwhaleState): void {
  if (exchange.request.method !== "POST") throw answers.pageError(500);
  const form = new URLSearchParams(exchange.body.toString());
  const isForm = (exchange.request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const user = isForm ? state.users.find((one) => one.name === form.get("userName")) : undefined;
  if (user === undefined || user.password !== form.get("userPwd")) {
    throw answers.filterError(401, "Unauthorized", "Wrong username or password");
  }
  if (!user.enabled) throw answers.filterError(401, "Unauthorized", "User is disabled");
  exchange.response.setHeader("Authorization", issueToken(state, user));
  const { id, name, enabled } = user;
  answers.success(exchange, { isEnabled: enabled, name, createdTime: 1_700_000_000_000, id: String(id) });
}

/** A new token; the word Bearer is part of it. */
export function issueToken(state: StarwhaleState, user: StoredUser): string {
  const token = `Bearer eyJhbGciOiJIUzUxMiJ9.${crypto.randomUUID().replaceAll("-", "")}.c2lnbmF0dXJl`;
  state.tokens.set(token, user);
  return token;
}

function currentUser(exchange: Exchange, { state }: Scope): void {
  const token = exchange.request.headers.authorization ?? exchange.url.searchParams.get("Authorization") ?? "";
  answers.success(exchange, answers.userVo(state, state.tokens.get(token)?.name ?? ""));
}

/** Pages are asked for in vain here: all projects come at once. */
function listProjects(exchange: Exchange, { state }: Scope): void {
  const part = exchange.url.searchParams.get("projectName") ?? "";
  const rows = state.projects.filter((project) => !project.deleted && project.name.includes(part));
  const all = new URL("http://x/");
  all.searchParams.set("pageSize", String(rows.length));
  answers.success(
    exchange,
    answers.page(
      all,
      rows.map((row) => answers.projectVo(state, row, true)),
    ),
  );
}

function createProject(exchange: Exchange, { state }: Scope): void {
  const body = answers.jsonBody(exchange);
  for (const key of ["projectName", "privacy", "description"]) {
    if (typeof body[key] !== "string")
      throw answers.controllerError(400, "validationException", `${key} must not be null`);
  }
  const name = String(body.projectName);
  if (!NAME_PATTERN.test(name)) throw answers.controllerError(400, "validationException", "Project name is invalid.");
  if (state.projects.some((one) => !one.deleted && one.name.toLowerCase() === name.toLowerCase())) {
    throw answers.controllerError(400, "INVALID REQUEST: PROJECT", `Invalid request\nProject ${name} already exists`);
  }
  const privacy = String(body.privacy).toUpperCase() === "PUBLIC" ? "PUBLIC" : "PRIVATE";
  answers.success(exchange, String(state.addProject(name, { privacy, description: String(body.description) }).id));
}

function removeProject(exchange: Exchange, scope: Scope): void {
  scope.project().deleted = true;
  answers.success(exchange, "success");
}

function recoverProject(exchange: Exchange, { state, words }: Scope): void {
  const project = /^\d+$/.test(words[0] ?? "") ? state.projects.find((one) => String(one.id) === words[0]) : undefined;
  if (project === undefined) throw answers.filterError(404, "ValidationException", "Unable to find project");
  project.deleted = false;
  answers.success(exchange, "success");
}

/** `name` matches anywhere; `latest` and `version` are ignored. */
function listRuntimes(exchange: Exchange, scope: Scope): void {
  const project = scope.project();
  const { searchParams } = exchange.url;
  const owner = searchParams.get("owner");
  if (owner && !scope.state.users.some((user) => user.name === owner || String(user.id) === owner)) {
    throw answers.controllerError(404, "NOT FOUND: 001", "Unable to find user");
  }
  const part = (searchParams.get("name") ?? "").toLowerCase();
  const rows = project.runtimes
    .filter((runtime) => runtime.name !== "starwhale-built-in" && runtime.name.toLowerCase().includes(part))
    .filter(() => !owner || owner === project.owner)
    .sort((a, b) => b.id - a.id);
  answers.success(
    exchange,
    answers.page(
      exchange.url,
      rows.map((row) => answers.runtimeVo(scope.state, project, row)),
    ),
  );
}

/** `versionUrl` counts, `versionName` does not. */
function runtimeInfo(exchange: Exchange, scope: Scope): void {
  const runtime = scope.runtime();
  const url = exchange.url.searchParams.get("versionUrl") || "latest";
  const version = findVersion(runtime, url);
  if (version === undefined) throw answers.controllerError(404, "NOT FOUND: 004", `Unable to find version\n${url}`);
  answers.success(exchange, answers.runtimeInfoVo(runtime, version));
}

function history(exchange: Exchange, scope: Scope): void {
  const runtime = scope.runtime();
  const name = exchange.url.searchParams.get("name");
  const rows = runtime.versions.filter((version) => !name || version.name === name).sort((a, b) => b.order - a.order);
  const latest = latestOf(runtime);
  answers.success(
    exchange,
    answers.page(
      exchange.url,
      rows.map((row) => answers.versionVo(runtime, row, row === latest)),
    ),
  );
}

function brokenRecover(): void {
  throw answers.controllerError(500, "SYSTEM ERROR: Runtime", "Please use TrashService.recover() instead.");
}

function brokenTag(): void {
  throw answers.controllerError(500, "internalServerError", "bad SQL grammar: where where");
}
