/** Tags on the test server: added only where the runtime has none of that name, never moved, also not by force. */
import type { Exchange } from "./starwhale-answers.ts";
import * as answers from "./starwhale-answers.ts";
import type { Scope } from "./starwhale-routes.ts";
import { TAG_PATTERN } from "./starwhale-state.ts";

export function listTags(exchange: Exchange, scope: Scope): void {
  answers.success(exchange, [...scope.version().tags]);
}

export function addTag(exchange: Exchange, scope: Scope): void {
  const runtime = scope.runtime();
  const version = scope.version();
  const body = answers.jsonBody(exchange);
  const tag = String(body.tag);
  if (!TAG_PATTERN.test(tag)) throw answers.controllerError(400, "validationException", "Tag is invalid.");
  if (body.force === true) version.tags.delete(tag);
  if (runtime.versions.some((one) => one.tags.has(tag))) {
    throw answers.controllerError(400, "INVALID REQUEST: Resource Tag", "Invalid request\ntag already exists");
  }
  version.tags.add(tag);
  answers.success(exchange, "success");
}

/** Removing what is not there is fine. */
export function removeTag(exchange: Exchange, scope: Scope): void {
  scope.version().tags.delete(scope.words[3] ?? "");
  answers.success(exchange, "success");
}

/** The one id that comes as a number; the one 404 without a body. */
export function findTag(exchange: Exchange, scope: Scope): void {
  const version = scope.runtime().versions.find((one) => one.tags.has(scope.words[2] ?? ""));
  if (version === undefined) throw answers.emptyNotFound();
  answers.success(exchange, version.id);
}
