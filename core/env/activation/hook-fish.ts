/**
 * The functions that `swcli shell init fish | source` loads: what hook-script.ts has for bash and zsh.
 * Needs `test -ef` (fish 3.6) to activate without a process; older ones ask each time. Tests: test/e2e/hook.test.ts
 */
import { activateWords } from "#core/env/activation/activate-words.ts";
import { FISH_LOOK_AGAIN, fishCdLines } from "#core/env/activation/cd-script.ts";
import { fishLines } from "#core/env/activation/fish-script.ts";
import { ENTRY_FILE, ODD_URI, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import { fishInheritedLines } from "#core/env/activation/hook-inherited.ts";
import { fishLeaveLines, LIVE_FOLDER } from "#core/env/activation/hook-marks.ts";
import { fishForgetNote, fishNoteLines } from "#core/env/activation/hook-notes.ts";
import type { HookInput } from "#core/env/activation/hook-script.ts";
import { HOOK_STATE, variableWords } from "#core/env/activation/plan-words.ts";
import { fishQuote as q } from "#core/env/activation/quote.ts";

export function fishHook(input: HookInput): string {
  const now = fishLines(
    variableWords(),
    HOOK_STATE.map((name, i) => `set -g ${name} $argv[${i + 1}]`),
  );
  const lines = [
    ...fishForgetNote(q(input.root)),
    `set -g _SWRT_BIN ${q(input.swcli)}`,
    `set -g _SWRT_ROOT ${q(input.root)}`,
    ...define("_swrt_bin", BIN),
    ...define("swcli", SWCLI),
    ...define("_swrt_globals", GLOBALS),
    ...define("_swrt_ask", ASK),
    ...define("_swrt_quick", QUICK),
    "if not test / -ef / 2>/dev/null; function _swrt_quick; return 1; end; end",
    ...define("_swrt_now", now),
    ...define("_swrt_conda", CONDA),
    ...fishInheritedLines(),
    ...fishLeaveLines(),
    ...fishNoteLines(),
    ...(input.cd ? fishCdLines() : []),
  ];
  return `${lines.join("\n")}\n`;
}

const define = (name: string, body: readonly string[]) => [`function ${name}`, ...body, "end"];

const BIN = [
  "set -lx SWCLI_SHELL $fish_pid",
  'if test -x "$_SWRT_BIN"; "$_SWRT_BIN" $argv; else; command swcli $argv; end',
];

const SWCLI = [
  'switch "$argv[1]:$argv[2]"',
  `case ${activateWords(":").join(" ")}`,
  "if test (count $argv) -eq 3; and _swrt_quick $argv[3]; return 0; end",
  "_swrt_ask $argv[3..-1]",
  'case "runtime:allow" "rt:allow"',
  `_swrt_bin $argv; or return; ${FISH_LOOK_AGAIN}; return 0`,
  "case deactivate:",
  'if test "$_SWRT_LIVE" = "$fish_pid"; _swrt_off',
  'else if test -n "$SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL"; _swrt_off_inherited; else; _swrt_bin deactivate; end',
  'case "-*" "runtime:-*" "rt:-*"',
  "_swrt_globals $argv",
  "case '*'",
  "if set -q _SWRT_L; _swrt_leave; end",
  "_swrt_bin $argv",
  "end",
];

/** As `GLOBALS` of hook-script.ts. */
const GLOBALS = [
  "set -l all $argv; set -l words; set -g _SWRT_G",
  'while set -q argv[1]; and test (count $words) -lt 2; and not test "$words" = deactivate',
  'switch "$argv[1]"',
  "case -h --help --version; break",
  'case --color; set -a _SWRT_G $argv[1] "$argv[2]"; set -e argv[1]',
  "case -o --output; set -e argv[1]",
  "case '-o*' '--output=*'",
  "case '-*'; set -a _SWRT_G $argv[1]",
  "case '*'; set -a words $argv[1]",
  "end",
  "set -e argv[1]",
  "end",
  'switch "$words:"(count $argv)',
  `case ${activateWords(" ")
    .map((words) => `'${words}:*'`)
    .join(" ")}; _swrt_ask $argv`,
  `case 'runtime allow:*' 'rt allow:*'; _swrt_bin $all; and begin; ${FISH_LOOK_AGAIN}; true; end`,
  "case deactivate:0; swcli deactivate",
  "case '*'; set -e _SWRT_G; if set -q _SWRT_L; _swrt_leave; end; _swrt_bin $all; return",
  "end",
  "set -l code $status; set -e _SWRT_G; return $code",
];

const ASK = [
  "if contains -- --help $argv; or contains -- -h $argv; _swrt_bin runtime activate $argv; return; end",
  "set -l text (_swrt_bin $_SWRT_G shell enter --shell fish --pid $fish_pid $argv); or return",
  "string join \\n -- $text | source",
];

/** As `quickBody` of hook-script.ts. */
const QUICK = [
  "set -l root $_SWRT_ROOT",
  'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
  'set -l config "$HOME/.config/starwhale/config.yaml"',
  'if test -n "$SW_CLI_CONFIG"; set config $SW_CLI_CONFIG; end',
  "set -l state $root/.store/v1; set -l at $state/activation/by-uri/$argv[1]/@",
  `if not string match -q '/*' -- $root; or string match -qr '${ODD_URI}' -- $argv[1]; or not test -r $at/${ENTRY_FILE}; return 1; end`,
  `read -l line <$at/${ENTRY_FILE}; or return 1`,
  "string replace -ra '(^| )_SWRT_\\w=' ' ' -- $line | read -l project name id env python ref marker had conda; or return 1",
  `set -l prefix $root/.envs/$env; set -l seen $prefix/${SEEN_FOLDER}`,
  "if not test $at/ref-$ref -ef $state/refs/$project/$name.json; or test -e $root/$project/runtime/$name; return 1; end",
  `if test -e $config; if test "$had" = 0; or ${differs("$config", "$at/config-$had")}; return 1; end; else if test "$had" != 0; return 1; end`,
  `if not test -e $seen/site; or not test -e $prefix/bin/python; or ${differs("$prefix/bin/python", "$seen/python")}`,
  "or not test $at/env-$marker -ef $root/.envs/(string replace -r -- '-[^-]*$' .json $env); or test $conda = 0 -a ! -e $prefix/pyvenv.cfg",
  `or not test -e $prefix/lib/python$python/site-packages; or test $prefix/lib/python$python/site-packages -nt $seen/site; or test $prefix/bin -nt $seen/bin; or not test -w $root/${LIVE_FOLDER}/$env; return 1; end`,
  `set -l mark $root/${LIVE_FOLDER}/$fish_pid; if test -e $mark; and not test -w $mark; return 1; end`,
  `builtin echo in $env >>$mark; and test -e $root/${LIVE_FOLDER}/$env; or return 1`,
  'if test "$conda" = 1; _swrt_conda $at; return; end',
  "_swrt_now $prefix $name local/project/$project/runtime/$name/version/$id",
];

/** As `condaBody` of hook-quick.ts. */
const CONDA = [
  "set -l at $argv[1]; set -l rc; set -l n 0",
  "test -r $at/conda.fish; or return 1",
  "while read -l path",
  'if test -z "$rc"; set rc $path; continue; end',
  "set -l twin $at/in.fish/$n; set n (math $n + 1)",
  `if not test -e $path; if test -e $twin; return 1; end; else if not test -e $twin; or ${differs("$path", "$twin")}; return 1; end`,
  "end <$at/conda.fish",
  'test -n "$rc"; and test -r $rc/activate.fish; and source $rc/activate.fish',
];

function differs(path: string, twin: string): string {
  return `test ${path} -nt ${twin}; or test ${path} -ot ${twin}`;
}
