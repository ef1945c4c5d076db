/**
 * The functions that `swcli shell init fish | source` loads: what hook-script.ts has for bash and zsh.
 * Needs `test -ef` (fish 3.6) to activate without a process; older ones ask each time. Tests: test/e2e/hook.test.ts
 */
import { fishCdLines } from "#core/env/activation/cd-script.ts";
import { fishLines } from "#core/env/activation/fish-script.ts";
import { ENTRY_FILE, FISH_ENTRY_FILE, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import type { HookInput } from "#core/env/activation/hook-script.ts";
import { HOOK_STATE, variableWords } from "#core/env/activation/plan-words.ts";
import { fishQuote as q } from "#core/env/activation/quote.ts";

export function fishHook(input: HookInput): string {
  const now = fishLines(
    variableWords(),
    HOOK_STATE.map((name, i) => `set -g ${name} $argv[${i + 1}]`),
  );
  const lines = [
    `set -g _SWRT_BIN ${q(input.swcli)}`,
    `set -g _SWRT_ROOT ${q(input.root)}`,
    ...define("_swrt_bin", ['if test -x "$_SWRT_BIN"; "$_SWRT_BIN" $argv; else; command swcli $argv; end']),
    ...define("swcli", SWCLI),
    ...define("_swrt_ask", ASK),
    ...define(`_swrt_${ENTRY_FILE}`, ENTRY),
    `if not test / -ef / 2>/dev/null; function _swrt_${ENTRY_FILE}; return 1; end; end`,
    ...define("_swrt_now", now),
    ...(input.cd ? fishCdLines() : []),
  ];
  return `${lines.join("\n")}\n`;
}

const define = (name: string, body: readonly string[]) => [`function ${name}`, ...body, "end"];

const SWCLI = [
  'switch "$argv[1]:$argv[2]"',
  'case "runtime:act*" "rt:act*"',
  "set -l root $_SWRT_ROOT",
  'if test -n "$SW_LOCAL_STORAGE"; set root $SW_LOCAL_STORAGE; end',
  'set -l _SWRT_E "$root/.store/v1/activation/by-uri/$argv[3]/@"',
  "if test (count $argv) -eq 3; and not string match -q '*..*' -- $argv[3]",
  `and test -r "$_SWRT_E/${FISH_ENTRY_FILE}"; and source "$_SWRT_E/${FISH_ENTRY_FILE}"; return 0; end`,
  "_swrt_ask $argv[3..-1]",
  'case "runtime:allow" "rt:allow"',
  "if test (count $argv) -eq 2; _swrt_bin $argv $PWD; or return; functions -q _swrt_cd; and _swrt_cd; return 0; end",
  "_swrt_bin $argv",
  "case deactivate:",
  'if test "$_SWRT_LIVE" = "$fish_pid"; _swrt_off; else; _swrt_bin deactivate; end',
  "case '*'",
  "_swrt_bin $argv",
  "end",
];

const ASK = [
  "if contains -- --help $argv; or contains -- -h $argv; _swrt_bin runtime activate $argv; return; end",
  "set -l text (_swrt_bin shell enter --shell fish --pid $fish_pid $argv); or return",
  "string join \\n -- $text | source",
];

/** Arguments: the entry's folder, then as in hook-entry.ts. */
const ENTRY = [
  'set -l config "$HOME/.config/starwhale/config.yaml"',
  'if test -n "$SW_CLI_CONFIG"; set config $SW_CLI_CONFIG; end',
  'if not test "$argv[2]" -ef "$argv[1]/ref"; or test -e "$argv[3]"; or test "$config" != "$argv[4]"; return 1; end',
  'if test -z "$argv[5]"; if test -e "$argv[4]"; return 1; end',
  `else if not test -e "$argv[4]"; or ${differs('"$argv[4]"', '"$argv[1]/config"')}; return 1; end`,
  `set -l seen "$argv[7]/${SEEN_FOLDER}"`,
  `if not test -e "$seen/site"; or not test -e "$argv[7]/bin/python"; or ${differs('"$argv[7]/bin/python"', '"$seen/python"')}`,
  'or test "$argv[7]/bin" -nt "$seen/bin"; or test "$argv[6]" -nt "$seen/site"; or not test -w "$argv[10]"; return 1; end',
  'true >"$argv[10]/$fish_pid"; or return 1',
  '_swrt_now "$argv[7]" "$argv[8]" "$argv[9]"',
];

function differs(path: string, twin: string): string {
  return `test ${path} -nt ${twin}; or test ${path} -ot ${twin}`;
}
