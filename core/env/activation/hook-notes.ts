/**
 * A hooked shell shows at its prompt what a job of its own left for it: `<jobs>/notes/<pid>`, lines of text
 * (daemon/jobs/notes.ts). By builtins only: no shell can remove a file without a process, so the note is emptied, and the
 * daemon takes empty ones away. What else is due at the prompt: hook-marks.ts.
 * Tests: test/e2e/notes.test.ts, test/e2e/notes-nu.test.ts, test/e2e/hook-pwsh.test.ts
 */
type Shell = "bash" | "zsh";

const NOTES = ".store/v1/jobs/notes";

/** Before `_SWRT_ROOT` is set for the first time: what is there was for a process that had this pid before us. */
export const forgetNote = (root: string): string[] => [
  `if [[ -z \${_SWRT_ROOT+x} && -s ${root}/${NOTES}/$$ ]]; then true >|${root}/${NOTES}/$$; fi`,
];

/** `_swrt_note`, and its call at each prompt beside whatever else is called there. */
export const noteLines = (shell: Shell): string[] => [
  "function _swrt_note {",
  `local _SWRT_CODE=$? _SWRT_NOTE="\${SW_LOCAL_STORAGE:-$_SWRT_ROOT}/${NOTES}/$$" _SWRT_TEXT=""`,
  "if [[ -s $_SWRT_NOTE ]]; then",
  'IFS= read -r -d "" _SWRT_TEXT <"$_SWRT_NOTE" || :',
  'true >|"$_SWRT_NOTE" || :',
  'printf %s "$_SWRT_TEXT" >&2',
  "fi",
  "if [[ -n ${_SWRT_L-} ]]; then _swrt_leave; fi",
  "return $_SWRT_CODE",
  "}",
  ...atPrompt(shell, "_swrt_note"),
];

/** Before the others: they see the status of the person's command, which ours passes on. */
export const atPrompt = (shell: Shell, name: string): string[] =>
  shell === "bash"
    ? [
        `case ";\${PROMPT_COMMAND[*]-};" in *${name}*) ;; *) PROMPT_COMMAND="${name}\${PROMPT_COMMAND:+;$PROMPT_COMMAND}";; esac`,
      ]
    : [
        "typeset -ga precmd_functions",
        `case "$precmd_functions" in *${name}*) ;; *) precmd_functions+=(${name});; esac`,
      ];

export const fishForgetNote = (root: string): string[] => [
  `if not set -q _SWRT_ROOT; and test -s ${root}/${NOTES}/$fish_pid; true >${root}/${NOTES}/$fish_pid; end`,
];

export const fishNoteLines = (): string[] => [
  "function _swrt_note --on-event fish_prompt",
  "set -l root $_SWRT_ROOT",
  'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
  `set -l note $root/${NOTES}/$fish_pid; set -l text`,
  "if test -s $note; read -z text <$note; true >$note; printf %s $text >&2; end",
  "if set -q _SWRT_L; _swrt_leave; end",
  "end",
];

/** The same for nushell. Needs `_swrt_root`; `_SWRT_NOTES`, a record, which no child gets, says that it was loaded before. */
export const nuNoteLines = (): string[] => [
  `def _swrt_note_file [] { $'(_swrt_root)/${NOTES}/($nu.pid)' }`,
  "def _swrt_note [] {",
  "let note = (_swrt_note_file)",
  "let text = (try { open --raw $note | into string } catch { '' })",
  "if $text != '' { '' | save --force $note; print --stderr --no-newline $text }",
  "}",
  "if ('_SWRT_NOTES' not-in $env) and (_swrt_note_file | path exists) { '' | save --force (_swrt_note_file) }",
  "$env._SWRT_NOTES = {}",
  ...nuCalls("pre_prompt", "_swrt_note", "{|| _swrt_note }"),
];

/** `closure`, which calls `name`, once in a list of hooks of nushell's, after those of others. */
export const nuCalls = (list: string, name: string, closure: string): string[] => [
  `let others = ([] | append ($env.config.hooks?.${list}? | default []) | where {|one| ($one | describe) != closure or not (view source $one | str contains '${name}') })`,
  `$env.config = ($env.config | upsert hooks.${list} [...$others ${closure}])`,
];

/** The same for PowerShell, in whose prompt function `prompt` of the person's comes first: it sees the status of their command. */
export const pwshNoteLines = (root: string): string[] => [
  "function global:_swrt_note([bool]$show) {",
  `$root = if ($env:SW_LOCAL_STORAGE) { $env:SW_LOCAL_STORAGE } else { ${root} }`,
  `$note = [IO.FileInfo]::new("$root/${NOTES}/$PID")`,
  "if (-not $note.Exists -or $note.Length -eq 0) { return }",
  "$text = [IO.File]::ReadAllText($note.FullName); [IO.File]::WriteAllText($note.FullName, '')",
  "if ($show) { [Console]::Error.Write($text) }",
  "}",
  "if (-not (Test-Path variable:global:_SWRT_PROMPT)) {",
  "_swrt_note $false",
  "$global:_SWRT_PROMPT = $function:prompt",
  "Set-Item -Path function:global:prompt -Value { $text = & $global:_SWRT_PROMPT; _swrt_note $true; $text }",
  "}",
];
