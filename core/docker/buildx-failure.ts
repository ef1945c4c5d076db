/** Why a build of buildx failed, and what may help: read from its output. Pure. Tests: test/unit/core/docker/buildx-failure.test.ts */
import { lastReason } from "#core/docker/docker-cli.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { SwError } from "#core/errors.ts";

/** @param driver of the builder */
export function buildFailed(stderr: string, driver: string, { output, tags }: ImagePlan): SwError {
  const reason = lastReason(stderr);
  const advice = [
    ...(/entitlement network\.host is not allowed/.test(stderr) ? [hostNetwork(driver)] : []),
    ...[...plainHosts(stderr)].map((host) => plainHttp(host, driver)),
    ...(output.kind === "registry" && tags.length > 1 ? ["Some of its names may have been pushed before."] : []),
  ];
  const hint = [...wordsOf(stderr, reason), ...advice].join("\n");
  return new SwError("IMAGE_FAILED", `docker buildx failed: ${reason}`, {
    detail: { needs_python: /No interpreter found for Python (\S+)/.exec(stderr)?.[1] },
    hint: hint || "The whole output is in the job's log, or with -v.",
  });
}

/** Lines that explain the reason; buildx says the reason itself up to three times. */
function wordsOf(stderr: string, reason: string): string[] {
  const said = stderr.split("\n").filter((line) => /error|denied|not found|No solution/i.test(line));
  return said.filter((line) => !reason.includes(line.replace(/^(#\d+ )?(ERROR: )?/, "").trim())).slice(-8);
}

const hostNetwork = (driver: string) =>
  `An index, a repository or a proxy is on this machine's loopback, which only builds on the host's network see. ${
    driver === "docker"
      ? 'Docker has to allow it: "builder": {"Entitlements": {"network-host": true}} in its daemon.json.'
      : "buildkitd has to allow it: --allow-insecure-entitlement network.host."
  }`;

const plainHosts = (stderr: string): Set<string> =>
  new Set(
    [...stderr.matchAll(/https:\/\/([^/\s"]+)\/v2\/[^\n]*server gave HTTP response to HTTPS client/g)].map(
      ([, host = ""]) => host,
    ),
  );

const plainHttp = (host: string, driver: string) =>
  `${host} speaks plain http, which ${
    driver === "docker"
      ? 'docker has to know: "insecure-registries" in its daemon.json.'
      : `buildkitd has to know: [registry."${host}"] http = true in its buildkitd.toml.`
  }`;
