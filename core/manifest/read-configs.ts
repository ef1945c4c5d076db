/**
 * The `configs` part of a runtime.yaml: conda channels and condarc, docker image, pip settings.
 * Owns: its keys and defaults. Tests: test/unit/core/manifest/read-configs.test.ts
 */
import { hasCredentials } from "#core/manifest/credentials.ts";
import type { SpecConfigs } from "#core/manifest/spec.ts";
import {
  type Field,
  fieldsOf,
  isAbsent,
  itemsOf,
  recordOf,
  textOf,
  textsOf,
  warnAt,
  warnUnknown,
} from "#core/manifest/yaml-field.ts";

/** The end of the warning about a secret; the package is made without it. */
export const SECRET_WARNING =
  "carries a password or token; the package gets it without (use netrc, or write ${VARIABLE} in its place)";

const DEFAULT_CHANNELS = ["conda-forge"];

export function readConfigs(field: Field | undefined): SpecConfigs {
  const configs = fieldsOf(field);
  warnUnknown(configs, ["conda", "docker", "pip"]);
  return {
    conda: readConda(configs.get("conda")),
    docker: { image: readDockerImage(configs.get("docker")) },
    pip: readPip(configs.get("pip")),
  };
}

/** `docker: {image: …}`, the same form in `configs` and in `environment`. */
export function readDockerImage(field: Field | undefined): string {
  const docker = fieldsOf(field);
  warnUnknown(docker, ["image"]);
  return textOf(docker.get("image")) ?? "";
}

function readConda(field: Field | undefined): SpecConfigs["conda"] {
  const conda = fieldsOf(field);
  warnUnknown(conda, ["channels", "condarc"]);
  const items = itemsOf(conda.get("channels")) ?? [];
  for (const item of items) warnOfSecret(item);
  const channels = items.flatMap((item) => textOf(item) ?? []);
  return {
    channels: channels.length > 0 ? channels : [...DEFAULT_CHANNELS],
    // With the types that conda will read: `ssl_verify: false` is no text.
    condarc: recordOf(conda.get("condarc")),
  };
}

function readPip(field: Field | undefined): SpecConfigs["pip"] {
  const pip = fieldsOf(field);
  warnUnknown(pip, ["index_url", "extra_index_url", "trusted_host"]);
  for (const setting of [pip.get("index_url"), ...textsOf(pip.get("extra_index_url"))]) warnOfSecret(setting);
  return {
    indexUrl: textOf(pip.get("index_url")) ?? "",
    extraIndexUrl: words(pip.get("extra_index_url")),
    trustedHost: words(pip.get("trusted_host")),
  };
}

/** pip's own way to put several URLs into one text is a blank between them. */
const words = (field: Field | undefined): string[] =>
  textsOf(field).flatMap((item) => (textOf(item) ?? "").split(/\s+/).filter((word) => word !== ""));

/** runtime.yaml itself travels inside the package, so what stands in it is published. */
export function warnOfSecret(field: Field | undefined): void {
  if (!field || isAbsent(field)) return;
  const text = textOf(field) ?? "";
  if (hasCredentials(text)) warnAt(field, `${field.path} ${SECRET_WARNING}`);
}
