/**
 * What every image of ours has inside, whichever engine made it: folders, variables, labels, small scripts.
 * Follows what Starwhale's server and base images look for. Pure. Tests: test/unit/core/docker/image-layout.test.ts
 */
import type { PackageManifest } from "#core/manifest/package-manifest.ts";

export const WORKDIR = "/opt/starwhale.user/runtime";
export const PREFIX = `${WORKDIR}/export/venv`;
/** Of a Python that is added to a base without the right one. */
export const managedPrefix = (python: string): string => `/opt/starwhale.user/python/${python}`;
export const managedPython = (python: string): string => `${managedPrefix(python)}/bin/python${python}`;
/** Where base images keep programs when they say nothing. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
export const CMD: readonly string[] = ["python"];

export interface ImageSubject {
  readonly name: string;
  readonly version: string;
  /** "3.11" */
  readonly python: string;
  readonly manifest: PackageManifest;
  /** Of an environment.yml. */
  readonly variables?: Readonly<Record<string, string>>;
}

const isConda = ({ environment }: PackageManifest): boolean => environment.mode === "conda";

/** The base by its digest only: what a mirror is called is no part of an image. */
export function imageLabels({ name, version }: ImageSubject, baseDigest: string | undefined): Record<string, string> {
  return {
    starwhale_runtime_dockerize: "1",
    starwhale_runtime_name: name,
    starwhale_runtime_version: version,
    ...(baseDigest !== undefined && { "org.opencontainers.image.base.digest": baseDigest }),
  };
}

/** Sorted; without PATH, which depends on the base image. No value depends on who builds. */
export function imageVariables({ name, version, python, manifest, variables }: ImageSubject): Record<string, string> {
  const { pip } = manifest.configs;
  const texts = (list: readonly string[]) => list.filter((text) => text !== "").join(" ");
  const optional = {
    SW_PYPI_INDEX_URL: pip.index_url,
    SW_PYPI_EXTRA_INDEX_URL: texts(pip.extra_index_url),
    SW_PYPI_TRUSTED_HOST: texts(pip.trusted_host),
  };
  return {
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== "")),
    SW_PIP_CACHE_DIR: "/root/.cache/pip",
    SW_RUNTIME_PYTHON_VERSION: python,
    SW_USER_RUNTIME_FROM_DOCKERIZE: "1",
    SW_USER_RUNTIME_NAME: name,
    SW_USER_RUNTIME_RESTORED: "1",
    SW_USER_RUNTIME_VERSION: version,
    SW_USER_RUNTIME_WORKDIR: WORKDIR,
    SW_VERSION: manifest.environment.lock.starwhale_version,
    ...(isConda(manifest) ? { ...variables, CONDA_PREFIX: PREFIX } : { VIRTUAL_ENV: PREFIX }),
  };
}

/** A login shell sets PATH anew; this puts the runtime back in front. */
const PROFILE = `case ":$PATH:" in *:${PREFIX}/bin:*) ;; *) PATH="${PREFIX}/bin:$PATH"; export PATH ;; esac\n`;

/** For \`source\`, as people and the server's scripts do it; the image is in the environment already. */
const ACTIVATE = `# This image is the environment: sourcing it again changes nothing.
VIRTUAL_ENV="${PREFIX}"
export VIRTUAL_ENV
${PROFILE}`;

/** What packages of conda set when their environment is activated is theirs to say. */
const ACTIVATE_CONDA = `# This image is the environment: this adds what its packages set.
CONDA_PREFIX="${PREFIX}"
export CONDA_PREFIX
${PROFILE}for swcli_script in "${PREFIX}"/etc/conda/activate.d/*.sh; do
  if [ -r "$swcli_script" ]; then . "$swcli_script"; fi
done
unset swcli_script
`;

export interface TextFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Scripts and notes that do not depend on the runtime. */
export const layoutFiles = (manifest: PackageManifest): readonly TextFile[] => [
  { path: "/etc/profile.d/starwhale-runtime.sh", text: PROFILE, mode: 0o644 },
  { path: `${PREFIX}/bin/activate`, text: isConda(manifest) ? ACTIVATE_CONDA : ACTIVATE, mode: 0o644 },
  { path: `${PREFIX}/.runtime_restore_status`, text: "success", mode: 0o644 },
  { path: `${WORKDIR}/activate.sw`, text: `\necho 'source ${PREFIX}/bin/activate'\n`, mode: 0o755 },
];

/** What makes the prefix a virtual environment of the base image's interpreter. */
export const pyvenvConfig = (interpreter: string, python: string): string =>
  `home = ${interpreter.slice(0, interpreter.lastIndexOf("/")) || "/"}
implementation = CPython
include-system-site-packages = false
version_info = ${python}
`;
