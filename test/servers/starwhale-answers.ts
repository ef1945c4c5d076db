/**
 * How the server answers: the success envelope, paged lists, and the four shapes of its errors. Small JSON answers are
 * gzipped too when the client allows it, chunked and without a length, as the real server does.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import {
  latestOf,
  type StarwhaleState,
  type StoredProject,
  type StoredRuntime,
  type StoredVersion,
} from "./starwhale-state.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Buffer;
}

/** What a client sent as JSON. */
export function jsonBody({ body }: Exchange): Record<string, unknown> {
  return JSON.parse(body.toString("utf8") || "{}");
}

/** Thrown by handlers, answered by the server. */
export class Refusal extends Error {
  constructor(readonly answer: (exchange: Exchange) => void) {
    super("refusal");
  }
}

export function success(exchange: Exchange, data: unknown): void {
  json(exchange, 200, { code: "success", message: "Success", data });
}

export function json({ request, response }: Exchange, status: number, value: unknown, pretty = false): void {
  const text = JSON.stringify(value, null, pretty ? 2 : undefined);
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  const gzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (gzip) response.setHeader("content-encoding", "gzip");
  // write before end: no Content-Length.
  response.write(gzip ? gzipSync(text) : text);
  response.end();
}

/** Shape 1: the controllers' own. */
export const controllerError = (status: number, code: string, message: string | null): Refusal =>
  new Refusal((exchange) => json(exchange, status, { code, message, data: null }));

/** Shape 2: the filters' own, with arrays and without data. */
export const filterError = (status: number, code: string, message: string): Refusal =>
  new Refusal((exchange) => json(exchange, status, { code: [code], message: [message] }, true));

/** Shape 3: Tomcat's page. */
export const pageError = (status: number): Refusal =>
  new Refusal(({ response }) => {
    response.statusCode = status;
    response.setHeader("content-type", "text/html;charset=utf-8");
    response.end(
      `<!doctype html><html><head><title>HTTP Status ${status}</title></head><body><h1>HTTP Status ${status}</h1></body></html>`,
    );
  });

/** Shape 4: nothing at all. */
export const emptyNotFound = (): Refusal =>
  new Refusal(({ response }) => {
    response.statusCode = 404;
    response.end();
  });

/** PageHelper's PageInfo. @throws a 500 for a page that is no number */
export function page<T>(url: URL, rows: readonly T[]): Record<string, unknown> {
  const pageNum = integer(url, "pageNum", 1);
  const pageSize = integer(url, "pageSize", 10);
  const start = (pageNum - 1) * pageSize;
  const list = rows.slice(start, start + pageSize);
  const pages = pageSize > 0 ? Math.ceil(rows.length / pageSize) : 0;
  return {
    ...{ total: rows.length, list, pageNum, pageSize, size: list.length, startRow: start, endRow: start + list.length },
    ...{ pages, prePage: pageNum - 1, nextPage: pageNum < pages ? pageNum + 1 : 0 },
    ...{ isFirstPage: pageNum === 1, isLastPage: pageNum >= pages, hasPreviousPage: pageNum > 1 },
    ...{ hasNextPage: pageNum < pages, navigatePages: 8, navigatepageNums: [pageNum] },
    ...{ navigateFirstPage: 1, navigateLastPage: pages },
  };
}

function integer(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name);
  if (text === null || text === "") return fallback;
  if (!/^-?\d+$/.test(text)) throw controllerError(500, "internalServerError", `For input string: "${text}"`);
  return Number(text);
}

export function userVo(state: StarwhaleState, name: string) {
  const user = state.users.find((one) => one.name === name) ?? state.users[0];
  return {
    ...{ id: String(user?.id), name: user?.name, createdTime: 1_700_000_000_000, isEnabled: user?.enabled },
    ...{ systemRole: "OWNER", projectRoles: {} },
  };
}

export function projectVo(state: StarwhaleState, project: StoredProject, counted: boolean) {
  const runtimeCounts = counted ? project.runtimes.length : 0;
  return {
    ...{ id: String(project.id), name: project.name, description: project.description, privacy: project.privacy },
    ...{ createdTime: project.createdTime, owner: userVo(state, project.owner) },
    statistics: { modelCounts: 0, datasetCounts: 0, runtimeCounts, memberCounts: 1, evaluationCounts: 0 },
  };
}

/** `latest` as the call's answer has it: right only in the history. */
export function versionVo(runtime: StoredRuntime, version: StoredVersion, latest: boolean) {
  return {
    ...{ id: String(version.id), runtimeId: String(runtime.id), name: version.name },
    tags: version.tags.size === 0 ? null : [...version.tags],
    ...{ alias: `v${version.order}`, latest, meta: version.meta, image: "ghcr.io/star-whale/base", builtImage: null },
    ...{ createdTime: version.createdTime, owner: null, shared: false },
  };
}

export function runtimeVo(state: StarwhaleState, project: StoredProject, runtime: StoredRuntime) {
  const latest = latestOf(runtime);
  return {
    ...{ id: String(runtime.id), name: runtime.name, createdTime: runtime.createdTime },
    owner: userVo(state, project.owner),
    version: latest && versionVo(runtime, latest, true),
  };
}

export function runtimeInfoVo(runtime: StoredRuntime, version: StoredVersion) {
  return {
    ...{ id: String(runtime.id), name: runtime.name, versionId: String(version.id), versionName: version.name },
    ...{ versionAlias: `v${version.order}`, versionTag: null, versionMeta: version.meta, manifest: null },
    ...{ shared: false, createdTime: version.createdTime },
    versionInfo: versionVo(runtime, version, true),
    files: [{ name: "_manifest.yaml", size: "2 KB" }],
  };
}
