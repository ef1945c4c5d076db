/**
 * Activation on `cd` for hooked shells: going into a folder (or below one) that names a runtime enters it, leaving it leaves
 * it. Only for files whose very content was allowed; comparing them takes builtins. Who activated something by hand keeps it:
 * `_SWRT_BY_CD` stands for what `cd` entered, and goes with it however it is left.
 * Allowed files: core/env/allowed.ts. Tests: test/e2e/cd.test.ts
 */
import { atPrompt, nuCalls } from "#core/env/activation/hook-notes.ts";
import { DIALECTS } from "#core/env/activation/posix-dialect.ts";

/** In a folder the first that is there counts. */
export const FOLDER_FILES = [".swrt-runtime", "runtime.yaml"] as const;

/** Below the store's `allow` folder, at the path of the file itself. */
export const ALLOWED_MARK = "@";

type Shell = "bash" | "zsh";

/** Functions and how they are called; `_SWRT_PWD` and `_SWRT_CD` stay in the shell. */
export function cdLines(shell: Shell): string[] {
  return [
    ...define("_swrt_cd", [
      "local _SWRT_CODE=$?",
      'if [[ $PWD != "${_SWRT_PWD-}" ]]; then _swrt_went || :; fi',
      "return $_SWRT_CODE",
    ]),
    ...define("_swrt_went", wentBody(shell)),
    ...define("_swrt_enter", enterBody(shell)),
    ...CALLED[shell],
  ];
}

const define = (name: string, body: readonly string[]) => [`function ${name} {`, ...body, "}"];

/** What was entered for a file is left at the next look, and entered anew as the file is then: it was allowed, or no more. */
export const LOOK_AGAIN = "unset _SWRT_PWD; if [[ -n ${_SWRT_CD-} ]]; then _SWRT_CD=/; fi";

const CALLED: Readonly<Record<Shell, string[]>> = {
  bash: atPrompt("bash", "_swrt_cd"),
  zsh: [
    ...atPrompt("zsh", "_swrt_cd"),
    "typeset -ga chpwd_functions",
    'case "$chpwd_functions" in *_swrt_cd*) ;; *) chpwd_functions+=(_swrt_cd);; esac',
  ],
};

const wentBody = (shell: Shell) => [
  `local _SWRT_DIR="$PWD" _SWRT_FILE=""`,
  `${DIALECTS[shell].global}_SWRT_PWD="$PWD"`,
  "while :; do",
  ...FOLDER_FILES.map(
    (name, i) => `${i === 0 ? "if" : "elif"} [[ -f $_SWRT_DIR/${name} ]]; then _SWRT_FILE="$_SWRT_DIR/${name}"; break`,
  ),
  'elif [[ -z $_SWRT_DIR ]]; then break; fi; _SWRT_DIR="${_SWRT_DIR%/*}"',
  "done",
  'if [[ $_SWRT_FILE == "${_SWRT_CD-}" ]]; then return 0; fi',
  "if [[ -n ${_SWRT_CD-} ]]; then unset _SWRT_CD; if [[ ${_SWRT_LIVE-} == $$ && -n ${_SWRT_BY_CD-} ]]; then _swrt_off; fi; fi",
  // Somebody's own choice stays.
  'if [[ -n $_SWRT_FILE && ${_SWRT_LIVE-} != $$ ]]; then _swrt_enter "$_SWRT_FILE"; fi',
];

const enterBody = (shell: Shell) => [
  `local _SWRT_ALLOW="\${SW_LOCAL_STORAGE:-$_SWRT_ROOT}/.store/v1/allow$1/${ALLOWED_MARK}" _SWRT_OURS="" _SWRT_THEIRS="" _SWRT_FOUND=""`,
  "if [[ -r $_SWRT_ALLOW/uri && -r $1 ]]; then",
  'IFS= read -r -d "" _SWRT_OURS <"$_SWRT_ALLOW/content" || :',
  'IFS= read -r -d "" _SWRT_THEIRS <"$1" || :',
  'IFS= read -r _SWRT_FOUND <"$_SWRT_ALLOW/uri" || :',
  "fi",
  'if [[ -n $_SWRT_FOUND && $_SWRT_OURS == "$_SWRT_THEIRS" ]]; then',
  `${DIALECTS[shell].global}_SWRT_CD="$1"; swcli runtime activate "$_SWRT_FOUND"`,
  `if [[ \${_SWRT_LIVE-} == $$ ]]; then ${DIALECTS[shell].global}_SWRT_BY_CD=1; fi`,
  'else echo "swcli: $1 is not allowed yet; to enter its runtime here: swcli runtime allow" >&2; fi',
];

/** The same for nushell, whose hook is told of a new folder. Needs `_swrt_root`; `_SWRT_CD` is a record, which no child gets. */
export const nuCdLines = (): string[] => [
  "def _swrt_folder_file [dir: string] {",
  "mut at = $dir",
  "loop {",
  `for name in [${FOLDER_FILES.map((name) => `'${name}'`).join(" ")}] {`,
  "let file = ($at | path join $name)",
  "if ($file | path expand | path type) == 'file' { return $file }",
  "}",
  "let above = ($at | path dirname)",
  "if $above == $at { return '' }",
  "$at = $above",
  "}",
  "}",
  "def --env _swrt_cd [] {",
  "let file = (_swrt_folder_file $env.PWD)",
  "if $file == ($env._SWRT_CD? | default { file: '' }).file { return }",
  "if ('_SWRT_CD' in $env) { hide-env _SWRT_CD; if ($env._SWRT?.by_cd? | default false) { _swrt_off } }",
  "if $file != '' and ('_SWRT' not-in $env) { _swrt_enter $file }",
  "}",
  "def --env _swrt_enter [file: string] {",
  // Names only: what is written where a file is named may be a pattern.
  `let at = $'(_swrt_root)/.store/v1/allow($file)/${ALLOWED_MARK}'; let content = $'($at)/content'; let uri = $'($at)/uri'`,
  "let same = (try { (open --raw $content | into binary) == (open --raw $file | into binary) } catch { false })",
  "if $same { $env._SWRT_CD = { file: $file }; swcli runtime activate (open --raw $uri | lines | first)",
  "if ('_SWRT' in $env) { $env._SWRT = ($env._SWRT | insert by_cd true) }",
  "} else { print --stderr $'swcli: ($file) is not allowed yet; to enter its runtime here: swcli runtime allow' }",
  "}",
  ...nuCalls("env_change.PWD", "_swrt_cd", "{|before, after| _swrt_cd }"),
];

/** As `LOOK_AGAIN`; fish looks at once. */
export const FISH_LOOK_AGAIN = "if set -q _SWRT_CD; set -g _SWRT_CD /; end; if functions -q _swrt_cd; _swrt_cd; end";

/** The same for fish, which tells of a new folder by itself. */
export function fishCdLines(): string[] {
  return [
    "function _swrt_cd --on-variable PWD",
    "set -l dir $PWD; set -l file ''",
    "while true",
    ...FOLDER_FILES.map(
      (name, i) => `${i === 0 ? "if" : "else if"} test -f "$dir/${name}"; set file "$dir/${name}"; break`,
    ),
    'else if test -z "$dir"; break; end',
    "set dir (string replace -r '/[^/]*$' '' -- \"$dir\")",
    "end",
    'if test "$file" = "$_SWRT_CD"; return 0; end',
    'if test -n "$_SWRT_CD"; set -eg _SWRT_CD; if test "$_SWRT_LIVE" = "$fish_pid"; and test -n "$_SWRT_BY_CD"; _swrt_off; end; end',
    'if test -n "$file"; and test "$_SWRT_LIVE" != "$fish_pid"; _swrt_enter "$file"; end',
    "end",
    "function _swrt_enter",
    "set -l root $_SWRT_ROOT",
    'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
    `set -l at "$root/.store/v1/allow$argv[1]/${ALLOWED_MARK}"; set -l ours; set -l theirs; set -l uri`,
    'if test -r "$at/uri"; and test -r "$argv[1]"',
    'read -z ours <"$at/content"; read -z theirs <"$argv[1]"; read uri <"$at/uri"',
    "end",
    'if test -n "$uri"; and test "$ours" = "$theirs"; set -g _SWRT_CD $argv[1]; swcli runtime activate $uri',
    'if test "$_SWRT_LIVE" = "$fish_pid"; set -g _SWRT_BY_CD 1; end',
    'else; echo "swcli: $argv[1] is not allowed yet; to enter its runtime here: swcli runtime allow" >&2; end',
    "end",
    "_swrt_cd",
  ];
}
