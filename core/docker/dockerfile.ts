/**
 * The Dockerfile of an image: for every docker since 19.03 with buildx, so no `# syntax=`, no named contexts and no
 * `RUN --mount`. uv lives in the first stages only. Pure. Tests: test/unit/core/docker/dockerfile.test.ts
 */
import { CMD, imageLabels, imageVariables, managedPython, PREFIX, WORKDIR } from "#core/docker/image-layout.ts";
import type { ImagePlan } from "#core/docker/image-plan.ts";
import { REFUSE_RUNTIME_INSIDE } from "#core/docker/runtime-inside.ts";

/** What the build context holds besides `root/`, which is copied to `/`. */
export interface ContextFacts {
  readonly hasLock: boolean;
  readonly hashed: boolean;
  readonly hasVcs: boolean;
  /** The context holds a Python for each platform, since the base has none that fits. */
  readonly ownPython: boolean;
  /** The context holds a prefix for each platform, with its own Python. */
  readonly conda: boolean;
  /** `name==version`, installed from the context's `wheels/`. */
  readonly wheelPins: readonly string[];
}

/** Where the first stages have the context's files. */
export const SWCLI = "/swcli";
const COPY_PYTHON = "COPY python-${TARGETARCH}/ /";
// What `uv venv` leaves besides the environment, and what ours replaces.
const EXTRAS = ["bin/activate*", "bin/deactivate.bat", "bin/pydoc.bat", ".gitignore", "CACHEDIR.TAG", ".lock"];

const NEWLINE = "SWCLI_NEWLINE";

export function dockerfile(plan: ImagePlan, facts: ContextFacts): string {
  const stages = [
    [`FROM ${plan.base} AS base`],
    packagesStage(plan, facts),
    ...(facts.wheelPins.length > 0 ? [wheelsStage(plan, facts)] : []),
  ];
  return `${[...stages, finalStage(plan, facts)].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** What the Dockerfile can't say itself. */
export const buildArguments = (plan: ImagePlan): string[] => (hasNewlines(plan) ? [`${NEWLINE}=\n`] : []);

const hasNewlines = ({ subject }: ImagePlan) =>
  Object.values(imageVariables(subject)).some((one) => one.includes("\n"));

function packagesStage({ python }: ImagePlan, facts: ContextFacts): string[] {
  const uv = `. ${SWCLI}/uv.env && ${SWCLI}/uv`;
  const wanted = facts.ownPython ? managedPython(python) : python;
  const pip = (verb: string) => `${uv} pip ${verb} --python ${PREFIX}/bin/python ${target(python)}`;
  const files = [
    "uv.env",
    "ca.pem",
    "uv-platform.py",
    "client.pem",
    "netrc",
    ...(facts.hasLock ? ["requirements.txt"] : []),
    ...(facts.hasVcs ? ["vcs.txt"] : []),
  ];
  return [
    "FROM base AS packages",
    // The base's own user may not write everywhere; the final stage keeps it.
    "USER 0:0",
    "ARG TARGETARCH",
    `RUN ${REFUSE_RUNTIME_INSIDE}`,
    `COPY uv-\${TARGETARCH} ${SWCLI}/uv`,
    `COPY ${files.join(" ")} ${SWCLI}/`,
    ...(facts.ownPython ? [COPY_PYTHON] : []),
    facts.conda ? "COPY conda-${TARGETARCH}/ /" : `RUN ${uv} venv --quiet --no-project --python ${wanted} ${PREFIX}`,
    ...(facts.hasLock ? [`RUN ${lockInstall(pip, facts)} ${SWCLI}/requirements.txt`] : []),
    ...(facts.hasVcs ? [`RUN ${pip("install")} --no-deps -r ${SWCLI}/vcs.txt`] : []),
    ...(facts.conda ? [] : [`RUN ${tidy(python)}`]),
  ];
}

/** The same as the direct engine says, so that both take the same wheels. */
const target = (python: string) =>
  `--python-platform "$(${PREFIX}/bin/python -B ${SWCLI}/uv-platform.py)" --python-version ${python}`;

/** `sync` would take away what conda brought. */
function lockInstall(pip: (verb: string) => string, { conda, hashed }: ContextFacts): string {
  const hashes = hashed ? " --require-hashes" : "";
  return conda ? `${pip("install")} --no-deps${hashes} -r` : `${pip("sync")}${hashes} --allow-empty-requirements`;
}

/** Leaves the same files as the direct engine: its own pyvenv.cfg, no scripts of uv. Small bases have few programs. */
function tidy(python: string): string {
  const extras = [...EXTRAS.map((path) => `${PREFIX}/${path}`), `${PREFIX}/lib/python*/site-packages/_virtualenv.*`];
  const config = `home = %s\\nimplementation = CPython\\ninclude-system-site-packages = false\\nversion_info = ${python}\\n`;
  return [
    `rm -f ${extras.join(" ")}`,
    `printf '${config}' "$(dirname "$(readlink ${PREFIX}/bin/python)")" > ${PREFIX}/pyvenv.cfg`,
  ].join(" && ");
}

function wheelsStage({ python }: ImagePlan, { wheelPins }: ContextFacts): string[] {
  const args = `${target(python)} --prefix ${SWCLI}/out --no-deps --no-index --find-links ${SWCLI}/wheels`;
  const install = `. ${SWCLI}/uv.env && ${SWCLI}/uv pip install --python ${PREFIX}/bin/python ${args} ${wheelPins.join(" ")}`;
  return [
    "FROM packages AS wheels",
    `COPY wheels ${SWCLI}/wheels`,
    `RUN ${install} && rm -f ${SWCLI}/out/.lock`,
    `RUN ${JSON.stringify([`${PREFIX}/bin/python`, "-B", "-c", FORGET_TIMES])}`,
  ];
}

/** uv notes the time of a local wheel beside it; the note and its line in RECORD go. */
const FORGET_TIMES = [
  "import pathlib",
  `for note in pathlib.Path("${SWCLI}/out").rglob("uv_cache.json"):`,
  '  record = note.parent / "RECORD"',
  "  lines = record.read_text().splitlines(True)",
  '  record.write_text("".join(sorted(line for line in lines if "uv_cache.json" not in line)))',
  "  note.unlink()",
].join("\n");

function finalStage(plan: ImagePlan, facts: ContextFacts): string[] {
  const labels = imageLabels(plan.subject, /@(sha256:[0-9a-f]{64})$/.exec(plan.base)?.[1]);
  return [
    "FROM base",
    ...(facts.ownPython ? ["ARG TARGETARCH", COPY_PYTHON] : []),
    `COPY --from=packages ${PREFIX} ${PREFIX}`,
    ...(facts.wheelPins.length > 0 ? [`COPY --from=wheels ${SWCLI}/out/ ${PREFIX}/`] : []),
    "COPY root/ /",
    `WORKDIR ${WORKDIR}`,
    `ENV PATH=${PREFIX}/bin:$PATH`,
    ...(hasNewlines(plan) ? [`ARG ${NEWLINE}`] : []),
    ...Object.entries(imageVariables(plan.subject)).map(([name, value]) => `ENV ${name}=${quoted(value)}`),
    ...plan.commands.map((command) => `RUN ${JSON.stringify(["/bin/sh", "-c", command])}`),
    ...Object.entries(labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`),
    `CMD ${JSON.stringify(CMD)}`,
  ];
}

/** Docker fills variables into ENV and LABEL; ours are meant as they are. No line of a Dockerfile can hold a line's end. */
const quoted = (text: string) => `"${text.replace(/[\\"$]/g, "\\$&").replaceAll("\n", `\${${NEWLINE}}`)}"`;
