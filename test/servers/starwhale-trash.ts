/** The trash of the test server: whole runtimes go in and come back, by the id of their entry. */
import type { Exchange } from "./starwhale-answers.ts";
import * as answers from "./starwhale-answers.ts";
import type { Scope } from "./starwhale-routes.ts";
import type { TrashEntry } from "./starwhale-state.ts";

export function removeRuntime(exchange: Exchange, scope: Scope): void {
  const project = scope.project();
  const runtime = scope.runtime();
  project.runtimes = project.runtimes.filter((one) => one !== runtime);
  project.trash.push({ id: scope.state.nextId(), runtime, trashedTime: Date.now() });
  answers.success(exchange, "success");
}

/** `name` matches anywhere here too. */
export function listTrash(exchange: Exchange, scope: Scope): void {
  const part = (exchange.url.searchParams.get("name") ?? "").toLowerCase();
  const rows = scope.project().trash.filter((entry) => entry.runtime.name.toLowerCase().includes(part));
  const newestFirst = rows.sort((a, b) => b.id - a.id).map(trashVo);
  answers.success(exchange, answers.page(exchange.url, newestFirst));
}

const trashVo = ({ id, runtime, trashedTime }: TrashEntry) => ({
  ...{ id: String(id), name: runtime.name, type: "RUNTIME", trashedTime, size: "2 KB", trashedBy: "starwhale" },
  ...{ lastUpdatedTime: trashedTime, retentionTime: trashedTime + 30 * 86_400_000 },
});

export function recoverFromTrash(exchange: Exchange, scope: Scope): void {
  const project = scope.project();
  const entry = requireEntry(scope);
  if (project.runtimes.some((one) => one.name === entry.runtime.name)) {
    throw answers.controllerError(
      400,
      "INVALID REQUEST: TRASH",
      `Invalid request\nBundle ${entry.runtime.name} already exists.`,
    );
  }
  project.trash = project.trash.filter((one) => one !== entry);
  project.runtimes.push(entry.runtime);
  answers.success(exchange, "success");
}

export function purge(exchange: Exchange, scope: Scope): void {
  const project = scope.project();
  const entry = requireEntry(scope);
  project.trash = project.trash.filter((one) => one !== entry);
  answers.success(exchange, "success");
}

function requireEntry(scope: Scope): TrashEntry {
  const found = scope.project().trash.find((entry) => String(entry.id) === scope.words[1]);
  if (found === undefined)
    throw answers.controllerError(400, "INVALID REQUEST: TRASH", "Invalid request\nCan not find trash.");
  return found;
}
