/**
 * The `environment` part of a runtime.yaml: os, Python, CUDA, architectures, base image.
 * Owns: its keys, defaults and checks. The tables are in supported.ts. Tests: test/unit/core/manifest/read-environment.test.ts
 */
import { readDockerImage } from "#core/manifest/read-configs.ts";
import type { At, SpecEnvironment } from "#core/manifest/spec.ts";
import {
  CUDA_VERSIONS,
  CUDA_WITH_CUDNN,
  CUDNN_VERSIONS,
  normalArch,
  OS_IMAGES,
  PYTHON_VERSIONS,
  pythonMinor,
  range,
} from "#core/manifest/supported.ts";
import {
  type Field,
  type Fields,
  fieldsOf,
  isAbsent,
  problem,
  textOf,
  textsOf,
  warnUnknown,
} from "#core/manifest/yaml-field.ts";

const KEYS = ["arch", "cuda", "cudnn", "docker", "os", "python", "starwhale_version"];

/** @param legacyPython the old top-level `python_version`, used when `environment.python` is not given */
export function readEnvironment(field: Field | undefined, legacyPython: Field | undefined): SpecEnvironment {
  const environment = fieldsOf(field);
  warnUnknown(environment, KEYS);
  const python = isAbsent(environment.get("python")) ? legacyPython : environment.get("python");
  return {
    os: readOs(environment.get("os")),
    python: readPython(python),
    ...readCuda(environment),
    arch: readArch(environment.get("arch")),
    dockerImage: readDockerImage(environment.get("docker")),
    starwhaleVersion: textOf(environment.get("starwhale_version")) ?? "",
    at: { python: placeOf(python), arch: placeOf(environment.get("arch")) },
  };
}

function readOs(field: Field | undefined): string {
  const text = textOf(field);
  const known = OS_IMAGES.find((os) => os === text?.toLowerCase());
  if (field && text !== undefined && !known) refuse(field, "MANIFEST_OS", { text, hint: `Use ${OS_IMAGES[0]}.` });
  return known ?? OS_IMAGES[0];
}

function readPython(field: Field | undefined): string | undefined {
  const text = textOf(field);
  if (!field || text === undefined) return undefined;
  const minor = pythonMinor(text);
  // Somebody who quotes nothing elsewhere may have dropped the zero.
  const zero = text === "3.1" ? "; 3.10 needs its zero" : "";
  if (!minor) refuse(field, "MANIFEST_PYTHON", { text, hint: `Use one of ${range(PYTHON_VERSIONS)}${zero}.` });
  return minor;
}

function readCuda(environment: Fields): { cuda: string; cudnn: string } {
  const cuda = oneOf(environment.get("cuda"), CUDA_VERSIONS);
  const field = environment.get("cudnn");
  const cudnn = oneOf(field, CUDNN_VERSIONS);
  if (field && cudnn !== "") checkCudnn(field, textOf(environment.get("cuda")));
  return { cuda, cudnn };
}

function oneOf(field: Field | undefined, known: readonly string[]): string {
  const text = textOf(field);
  if (!field || text === undefined) return "";
  if (known.includes(text)) return text;
  const hint = known.length > 1 ? `Use one of ${range(known)}, or leave it out.` : `Use ${known[0]}, or leave it out.`;
  refuse(field, "MANIFEST_CUDA", { text, hint });
  return "";
}

function checkCudnn(field: Field, cuda: string | undefined): void {
  if (cuda === undefined) {
    const hint = `Add environment.cuda (${range(CUDA_WITH_CUDNN)}), or leave cudnn out.`;
    problem(field, "MANIFEST_CUDA", { message: "environment.cudnn needs environment.cuda", hint });
  } else if (CUDA_VERSIONS.some((known) => known === cuda) && !CUDA_WITH_CUDNN.some((known) => known === cuda)) {
    const hint = `Use cuda ${range(CUDA_WITH_CUDNN)}, or leave cudnn out.`;
    problem(field, "MANIFEST_CUDA", { message: `environment.cudnn 8 does not go with cuda ${cuda}`, hint });
  }
}

function readArch(field: Field | undefined): string[] {
  const found = new Set<string>();
  for (const item of textsOf(field)) {
    const text = textOf(item);
    if (text === undefined) continue;
    const arch = normalArch(text);
    if (arch) found.add(arch);
    else refuse(item, "MANIFEST_ARCH", { text, hint: "Use amd64, arm64 or noarch." });
  }
  return [...found];
}

type EnvironmentCode = "MANIFEST_OS" | "MANIFEST_PYTHON" | "MANIFEST_CUDA" | "MANIFEST_ARCH";

const refuse = (field: Field, code: EnvironmentCode, { text, hint }: { text: string; hint: string }) =>
  problem(field, code, { message: `${field.path.replace(/\[\d+\]$/, "")} ${text} is not supported`, hint });

const placeOf = (field: Field | undefined): At | undefined =>
  field && !isAbsent(field) ? { line: field.at.line, column: field.at.column } : undefined;
