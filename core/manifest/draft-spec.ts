/**
 * The first runtime.yaml of a project: what was found in its folder, and the rest as comments to be turned on.
 * Pure: facts in, text out; the text is one that our own reader takes. Tests: test/unit/core/manifest/draft-spec.test.ts
 */
import { stringify } from "yaml";
import type { Mode } from "#core/manifest/spec.ts";

export interface DraftFacts {
  name: string;
  mode: Mode;
  /** Such as 3.11. */
  python: string;
  /** Where the Python was read from, for the comment. */
  pythonFrom: string;
  /** Requirement and conda files, relative to the folder. */
  files: readonly string[];
  pip: readonly string[];
  wheels: readonly string[];
  /** Further requirement files: mentioned, not used. */
  otherFiles: readonly string[];
}

export function draftSpec(facts: DraftFacts): string {
  return `# What swcli builds this runtime from. Build it: swcli runtime build
# Lock its versions for everybody who builds it: swcli runtime lock
name: ${scalar(facts.name)}
mode: ${facts.mode}
environment:
  # From ${comment(facts.pythonFrom)}. One of 3.7 to 3.13.
  python: '${facts.python}'
  # The platforms that the packages are locked for; all that have them when this is left out.
  # arch: [amd64, arm64]
  # CUDA and cuDNN of the image that it may run in.
  # cuda: '11.4'
  # cudnn: '8'
${dependencies(facts)}
# configs:
#   pip:
#     index_url: https://example.org/simple
#     extra_index_url: https://example.net/simple
#   conda:
#     channels: [conda-forge]
`;
}

function dependencies(facts: DraftFacts): string {
  const items = [
    ...facts.files.map((file) => `  - ${scalar(file)}\n`),
    ...list("pip", facts.pip),
    ...list("wheels", facts.wheels),
  ];
  const more = facts.otherFiles.map((file) => `  # - ${comment(file)}\n`);
  const head = items.length > 0 ? "dependencies:\n" : "# Nothing was found here that names packages.\ndependencies:\n";
  const first = items.length > 0 ? items : ["  - pip: []\n"];
  return `${head}${[...first, ...more].join("")}${EXAMPLES}`;
}

const list = (key: string, values: readonly string[]): string[] =>
  values.length === 0 ? [] : [`  - ${key}:\n${values.map((value) => `      - ${scalar(value)}\n`).join("")}`];

const EXAMPLES = `  # Further kinds of dependencies:
  # - pip: [numpy, 'torch>=2']
  # - wheels: [dist/mine-1.0-py3-none-any.whl]
  # - files:
  #     - src: scripts/prepare.sh
  #       dest: bin/prepare.sh`;

const scalar = (text: string) => stringify(text, { version: "1.1", lineWidth: 0, singleQuote: true }).trimEnd();

/** A line break would end the comment. */
const comment = (text: string) => text.replace(/[\r\n]/g, " ");
