/**
 * Names of images as docker users write them: `[HOST[:PORT]/]REPOSITORY[:TAG][@sha256:HEX]`.
 * Owns the grammar and docker's defaults (docker.io, library/, latest). Tests: test/unit/core/oci/reference.test.ts
 */
import { SwError } from "#core/errors.ts";

export interface Reference {
  /** As written in credentials files: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  readonly host: string;
  readonly repository: string;
  /** `latest` when neither tag nor digest was written. */
  readonly tag: string | undefined;
  /** `sha256:<hex>` */
  readonly digest: string | undefined;
}

export const DOCKER_HUB = "docker.io";

const PART = "[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*";
const REST = new RegExp(`^(${PART}(?:/${PART})*)(?::(\\w[\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`);
const HOST = /^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i;

/** @throws SwError USAGE that names what is wrong */
export function parseReference(text: string): Reference {
  const { host, rest } = splitHost(text);
  const [, repository, tag, digest] = REST.exec(rest) ?? [];
  if (repository === undefined || repository.length > 255 || !HOST.test(host)) throw invalid(text);
  const full = host === DOCKER_HUB && !repository.includes("/") ? `library/${repository}` : repository;
  return { host, repository: full, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

/** `HOST` or `HOST:PORT` */
export const isHost = (text: string): boolean => HOST.test(text);

/** Docker's rule: the part before the first slash is a host when it has a dot or a port, or is `localhost`. */
function splitHost(text: string): { host: string; rest: string } {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isHost = first === "localhost" || /[.:]/.test(first) || /[A-Z]/.test(first);
  if (!isHost) return { host: DOCKER_HUB, rest: text };
  const host = first === "index.docker.io" || first === "registry-1.docker.io" ? DOCKER_HUB : first.toLowerCase();
  return { host, rest: text.slice(slash + 1) };
}

function invalid(text: string): SwError {
  const upper = /[A-Z]/.test(text.replace(/[:@][^/]*$/, ""));
  return new SwError("USAGE", `${JSON.stringify(text)} is no name of an image`, {
    hint: upper ? "Repositories are in lower case." : "For example: registry.example/team/demo:1.0",
  });
}

/** The whole name again, with the host. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** What a manifest is asked for by: the digest where there is one. */
export const manifestKey = ({ tag, digest }: Reference): string => digest ?? tag ?? "latest";
