/**
 * The files that are rendered once beside an environment: scripts to source, the plan, and the start files of sub-shells.
 * The start files read the user's own first (a failing one can't stop us), then activate, so our PATH entries stay first;
 * what led the shell to them (BASH_ENV, ENV, ZDOTDIR, `_SWRT_RC`) is given back before anything of the user's runs.
 * Tests: test/unit/cli/shell/subshell.test.ts
 */
import { fishScript } from "#core/env/activation/fish-script.ts";
import type { ActivationPlan } from "#core/env/activation/plan.ts";
import { posixScript } from "#core/env/activation/posix-script.ts";

export interface RcFile {
  /** Relative to the folder that they are rendered into. */
  readonly path: string;
  readonly text: string;
}

export type RcShell = "bash" | "zsh" | "fish" | "sh";

const OF_SHELL: Readonly<Record<RcShell, RegExp>> = {
  bash: /^(plan\.json|activate\.bash|bashrc|bashenv)$/,
  zsh: /^(plan\.json|activate\.zsh|zsh\/.*)$/,
  fish: /^(plan\.json|activate\.fish)$/,
  sh: /^(plan\.json|activate\.sh|shrc)$/,
};

/** The files that one shell needs: a disk block each, and few people use all shells. */
export const rcFilesOf = (plan: ActivationPlan, shell: RcShell): RcFile[] =>
  rcFiles(plan).filter(({ path }) => OF_SHELL[shell].test(path));

/** Every file, in no order that matters; all are plain text of mode 0644. */
export function rcFiles(plan: ActivationPlan): RcFile[] {
  const bash = posixScript(plan, "bash");
  const zsh = posixScript(plan, "zsh");
  const sh = posixScript(plan, "sh");
  return [
    { path: "plan.json", text: `${JSON.stringify(plan)}\n` },
    { path: "activate.bash", text: bash },
    { path: "activate.zsh", text: zsh },
    { path: "activate.sh", text: sh },
    { path: "activate.fish", text: fishScript(plan) },
    { path: "bashrc", text: lines(sourceIfThere("~/.bashrc")) + bash },
    { path: "bashenv", text: lines(startFile("BASH_ENV")) + bash },
    { path: "shrc", text: lines(startFile("ENV")) + sh },
    { path: "zsh/.zshenv", text: lines(zshenv(zsh)) },
    { path: "zsh/.zprofile", text: lines([...ZDOTDIR_BACK, ...sourceIfThere(zdot(".zprofile")), ...ZDOTDIR_OURS]) },
    {
      path: "zsh/.zshrc",
      text: lines([...ZDOTDIR_BACK, ...HISTFILE_BACK, ...sourceIfThere(zdot(".zshrc")), ZSH_DONE]) + zsh,
    },
  ];
}

const lines = (text: string[]) => `${text.join("\n")}\n`;

/** In an `if`, the file's `set -e` can't end the shell, nor its last status count. */
const sourceIfThere = (file: string) => [`if [ -r ${file} ]; then if . ${file}; then :; fi; fi`];

/** The user's own value back in place and its file read, as the shell would have done: the value is expanded first. */
const startFile = (name: "BASH_ENV" | "ENV") => [
  `if [ -n "\${_SWRT_${name}+x}" ]; then`,
  `${name}=$_SWRT_${name}`,
  `unset _SWRT_${name} _SWRT_RC`,
  `eval "_SWRT_CUT=\\"$${name}\\""`,
  'case "$_SWRT_CUT" in */*|"") ;; *) _SWRT_CUT=./$_SWRT_CUT;; esac',
  ...sourceIfThere('"$_SWRT_CUT"'),
  "unset _SWRT_CUT",
  `else unset ${name} _SWRT_RC; fi`,
];

const zdot = (file: string) => `"\${ZDOTDIR:-\${HOME-}}/${file}"`;

const ZDOTDIR_BACK = ["if [[ -n ${_SWRT_ZDOTDIR+x} ]]; then ZDOTDIR=$_SWRT_ZDOTDIR; else unset ZDOTDIR; fi"];

// The user's files may move ZDOTDIR, so the value is kept anew each time.
const ZDOTDIR_OURS = [
  "if [[ -n ${ZDOTDIR+x} ]]; then _SWRT_ZDOTDIR=$ZDOTDIR; else unset _SWRT_ZDOTDIR; fi",
  "ZDOTDIR=$_SWRT_RC/zsh",
];

// The system's zshrc (macOS) derives HISTFILE from ZDOTDIR while that still is ours.
const HISTFILE_BACK = [
  'if [[ ${HISTFILE-} == "$_SWRT_RC/zsh/.zsh_history" ]]; then HISTFILE=${ZDOTDIR:-${HOME-}}/.zsh_history; fi',
];

const ZSH_DONE = "unset _SWRT_ZDOTDIR _SWRT_RC";

/** A shell that reads commands from a pipe, or whose user turned rc files off, reads nothing after this file. */
const zshenv = (script: string) => [
  ...ZDOTDIR_BACK,
  ...sourceIfThere(zdot(".zshenv")),
  "if [[ -o interactive && -o rcs ]]; then",
  ...ZDOTDIR_OURS,
  "else",
  ZSH_DONE,
  script.trimEnd(),
  "fi",
];
