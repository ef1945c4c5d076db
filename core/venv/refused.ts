/**
 * What of an environment can't travel, told as one list with the way out. Pure. Tests: test/unit/core/venv/refused.test.ts
 */
import { SwError } from "#core/errors.ts";
import { redactUrl } from "#core/platform/redact.ts";
import type { LocalOrigin } from "#core/venv/origin.ts";

export interface Allowed {
  editable: boolean;
  localWheel: boolean;
}

/** Whether `-ie` or `-ilw` lets this one in. */
export function isAllowed({ kind }: LocalOrigin, allowed: Allowed): boolean {
  return isFile(kind) ? allowed.localWheel : allowed.editable;
}

/** What is carried by what is installed of it, without a project. */
const isFile = (kind: LocalOrigin["kind"]) => kind === "file" || kind === "unknown";

const WHAT: Record<LocalOrigin["kind"], string> = {
  editable: "editable, from",
  project: "installed from the folder",
  file: "installed from the file",
  repository: "from a repository that only this machine reaches:",
  unknown: "from nobody knows where, since this can't be read:",
};

/** @throws SwError LOCK_FAILED naming every package that nobody allowed */
export function refuseLocal(origins: readonly LocalOrigin[], allowed: Allowed): void {
  const refused = origins.filter((origin) => !isAllowed(origin, allowed));
  if (refused.length === 0) return;
  const lines = refused.map(
    ({ kind, place, distribution: d }) => `  ${d.name} ${d.version}: ${WHAT[kind]} ${redactUrl(place)}`,
  );
  const flags = [...new Set(refused.map(({ kind }) => (isFile(kind) ? "-ilw" : "-ie")))].sort();
  throw new SwError(
    "LOCK_FAILED",
    `these packages are on no index, so others could not restore them:\n${lines.join("\n")}`,
    {
      hint: `${flags.join(" and ")} carries them as wheels in the package; or install them from an index or repository.`,
      detail: { packages: refused.map(({ distribution }) => distribution.key) },
    },
  );
}

export function notOnIndex(packages: readonly { name: string; version: string; reason: string }[]): SwError {
  const lines = packages.map(({ name, version, reason }) => `  ${name} ${version}: ${reason}`);
  return new SwError(
    "LOCK_FAILED",
    `these packages can't be had as they are installed, so others could not restore them:\n${lines.join("\n")}`,
    {
      hint: "-ilw carries them as wheels made from what is installed; or name their index (PIP_EXTRA_INDEX_URL, pip.conf).",
      detail: { packages: packages.map(({ name }) => name) },
    },
  );
}
