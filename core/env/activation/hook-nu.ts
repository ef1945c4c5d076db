/**
 * What `swcli shell init nu` prints, for a file that nushell sources: `swcli runtime activate` changes the shell, by the plan
 * of an unchanged runtime in venv mode (hook-entry.ts) or one that the binary is asked for. A nushell command can't define
 * commands, so there is only `swcli deactivate`.
 * State is a record in the environment, which nushell hands to no child. Tests: test/e2e/hook-nu.test.ts
 */
import { ACTIVATE_WORDS } from "#core/env/activation/activate-words.ts";
import { nuCdLines } from "#core/env/activation/cd-script.ts";
import { ENTRY_FILE, markerTwin, ODD_URI, refTwin, SEEN_FOLDER } from "#core/env/activation/hook-entry.ts";
import { nuInheritedLines } from "#core/env/activation/hook-inherited.ts";
import { LIVE_FOLDER, nuLeft } from "#core/env/activation/hook-marks.ts";
import { nuNoteLines } from "#core/env/activation/hook-notes.ts";
import type { HookInput } from "#core/env/activation/hook-script.ts";
import { venvPlan } from "#core/env/activation/plan.ts";

/** A JSON string is a string of nushell's; a name in `$"…"` is none, so nothing in it is expanded. */
const q = (value: string) => JSON.stringify(value);

export function nuHook({ swcli, root, cd }: HookInput): string {
  const lines = [
    ...define("_swrt_root []", [`$env.SW_LOCAL_STORAGE? | default --empty ${q(root)}`]),
    ...define("--env --wrapped swcli [...words: string]", swcliBody(cd)),
    // The variable is gone with this command's end; SWCLI_SHELL is where a job of this shell leaves its note.
    ...define("--wrapped _swrt_run [...words: string]", [
      "$env.SWCLI_SHELL = ($nu.pid | into string); let exe = (_swrt_exe); ^$exe ...$words",
    ]),
    ...define("_swrt_exe []", [`if (${q(swcli)} | path exists) { ${q(swcli)} } else { "swcli" }`]),
    ...define("_swrt_seen [path: string]", SEEN),
    ...define("_swrt_look [uri: string]", LOOK),
    ...define("_swrt_split [words: list<string>]", SPLIT),
    ...define("_swrt_paths []", ["let p = ($env.PATH? | default [])", PATHS]),
    ...define("_swrt_less [list: list<string>, entry: string, put: list<string>]", LESS),
    ...define("_swrt_made [rule: record]", MADE),
    ...define("--env _swrt_on [plan: record]", ON),
    ...define("--env _swrt_off [next: string = '']", OFF),
    ...nuInheritedLines(),
    ...nuNoteLines(),
    ...(cd ? nuCdLines() : []),
  ];
  return `${lines.join("\n")}\n`;
}

const define = (head: string, body: readonly string[]) => [`def ${head} {`, ...body, "}"];
const PATHS = "if (($p | describe) == string) { $p | split row (char esep) } else { $p }";

/** `runtime activate` and `deactivate` are ours, whatever global options stand around them. */
const swcliBody = (cd: boolean) => [
  "let said = (_swrt_split $words)",
  "let verb = ($said.verb | str join ' ')",
  "let leaves = ($verb == 'deactivate' and ($said.rest | is-empty))",
  "let asks = ($said.rest | any {|word| $word in ['-h' '--help'] })",
  `if ($verb =~ '^(runtime|rt) (${ACTIVATE_WORDS.join("|")})$') and not $asks {`,
  "let known = (if ($said.rest | length) == 1 { _swrt_look $said.rest.0 })",
  "let args = [...$said.globals 'shell' 'enter' '--shell' 'nu' '--pid' ($nu.pid | into string) ...$said.rest]",
  "_swrt_on (if $known == null { _swrt_run ...$args | from json } else { $known })",
  "} else if $leaves and ('_SWRT' in $env) { _swrt_off",
  "} else if $leaves and ($env.SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL? | is-not-empty) { _swrt_off_inherited",
  // What was allowed here is entered at once, also in place of what was: no change of folder tells of it.
  ...(cd
    ? [
        "} else if ($verb =~ '^(runtime|rt) allow$') { _swrt_run ...$words",
        "if ('_SWRT_CD' in $env) { $env._SWRT_CD = { file: '/' } }",
        "_swrt_cd",
      ]
    : []),
  "} else { _swrt_run ...$words }",
];

/** Links are followed; nothing is number 0 of time 0. */
const SEEN = [
  "try { ls --long --directory ($path | path expand) | first | { file: $in.inode, time: ($in.modified | into int) } } catch { { file: 0, time: 0 } }",
];

const PREFIX = (plan: string) => `${plan}.set.SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL`;
const PLAN = venvPlan({ prefix: "$prefix", name: "$w.n", uri: "$full", project: "", version: "" });
const SET = Object.entries(PLAN.set).map(([name, value]) => `${name}: ${value.startsWith("$") ? value : q(value)}`);

/** As `swcliBody` of hook-script.ts: the plan, or null to ask. */
const LOOK = [
  "let root = (_swrt_root); let store = $'($root)/.store/v1'; let at = $'($store)/activation/by-uri/($uri)/@'",
  // A name: what is written where a file is named may be a pattern.
  `let entry = $'($at)/${ENTRY_FILE}'`,
  `if not ($root starts-with '/') or ($uri =~ '${ODD_URI}') or not ($entry | path exists) { return null }`,
  `let words = (open --raw $entry | str trim | split row ' ' | each {|word| $word | split row --number 2 '=' } | where {|word| ($word | length) == 2 })`,
  "let w = ($words | reduce --fold {} {|word, all| $all | insert ($word.0 | str substring 6..) $word.1 })",
  "if $w.k? != '0' { return null }",
  `let live = $'($root)/${LIVE_FOLDER}'; let door = $'($live)/($w.e)'`,
  "if not ($door | path exists) { return null }",
  "try { $\"in ($w.e)\\n\" | save --append --raw $'($live)/($nu.pid)' } catch { return null }",
  `let prefix = $'($root)/.envs/($w.e)'; let seen = $'($prefix)/${SEEN_FOLDER}'`,
  "let site = $'($prefix)/lib/python($w.y)/site-packages'",
  "let config = (if ($env.SW_CLI_CONFIG? | is-empty) { $'($env.HOME? | default '')/.config/starwhale/config.yaml' } else { $env.SW_CLI_CONFIG })",
  `let ref = (_swrt_seen $'($at)/${refTwin("($w.r)")}').file`,
  "if $ref == 0 or $ref != (_swrt_seen $'($store)/refs/($w.p)/($w.n).json').file { return null }",
  "if ($'($root)/($w.p)/runtime/($w.n)' | path exists) or (_swrt_seen $config).time != ($w.c | into int) { return null }",
  "for pair in [[$'($prefix)/bin/python' $'($seen)/python'] [$'($prefix)/bin' $'($seen)/bin'] [$site $'($seen)/site']] {",
  "let time = (_swrt_seen $pair.0).time",
  "if $time == 0 or $time != (_swrt_seen $pair.1).time { return null }",
  "}",
  `let marker = (_swrt_seen $'($at)/${markerTwin("($w.m)")}').file`,
  "if $marker == 0 or $marker != (_swrt_seen ($prefix | str replace --regex '-[0-9]+$' '.json')).file { return null }",
  "let needed = [$door $'($prefix)/pyvenv.cfg']",
  "if not ($needed | all {|path| $path | path exists }) { return null }",
  "let full = $'local/project/($w.p)/runtime/($w.n)/version/($w.v)'",
  `{ name: $w.n, path: [$'($prefix)/bin'], set: { ${SET.join(", ")} }, unset: ${JSON.stringify(PLAN.unset)} }`,
];

/** As `GLOBALS` of hook-script.ts. */
const SPLIT = [
  "mut i = 0; mut globals = []; mut verb = []",
  "while $i < ($words | length) and ($verb | length) < 2 and $verb != ['deactivate'] {",
  "let word = ($words | get $i)",
  "if $word in ['-h' '--help' '--version'] { break }",
  "if $word == '--color' { $globals ++= ($words | skip $i | first 2); $i += 1",
  "} else if $word in ['-o' '--output'] { $i += 1",
  "} else if ($word starts-with '-o') or ($word starts-with '--output=') {",
  "} else if ($word starts-with '-') { $globals ++= [$word]",
  "} else { $verb ++= [$word] }",
  "$i += 1",
  "}",
  "{ globals: $globals, verb: $verb, rest: ($words | skip $i) }",
];

/** The first `entry` replaced; everything else as it is. */
const LESS = [
  "let at = ($list | enumerate | where item == $entry | get index | append [-1] | first)",
  "if $at < 0 { $list } else { [...($list | first $at) ...$put ...($list | skip ($at + 1))] }",
];

/** As `extended` of plan.ts; null for nothing. */
const MADE = [
  "let old = ($env | get --optional $rule.of | default '')",
  "let text = (if ($old | describe) starts-with 'list' { $old | str join (char esep) } else { $old | into string })",
  "if ($text | is-empty) { $rule.alone? } else { $rule.parts | str join $text }",
];

const ON = [
  `if ('_SWRT' in $env) { _swrt_off ${PREFIX("$plan")} }`,
  "let made = ($plan.extend? | default {} | transpose name rule | each {|it| { name: $it.name, value: (_swrt_made $it.rule) } } | where value != null)",
  "let plan = ($plan | update set ($made | reduce --fold $plan.set {|it, all| $all | insert $it.name $it.value }))",
  "let names = [...($plan.set | columns) ...$plan.unset]",
  "let old = ($names | where {|name| $name in $env } | reduce --fold {} {|name, all| $all | insert $name ($env | get $name) })",
  "let path = (_swrt_paths)",
  "let outer = ($env.SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL? | default '' | if ($in | is-empty) { [] } else { [$'($in)/bin'] })",
  "let rest = ($outer | reduce --fold $path {|entry, all| _swrt_less $all $entry [] })",
  "let aside = (if $rest == $path { [] } else { $outer })",
  "load-env $plan.set",
  "for name in $plan.unset { hide-env --ignore-errors $name }",
  "$env.PATH = [...$plan.path ...$rest ...($plan.behind? | default [])]",
  "$env._SWRT = { plan: $plan, old: $old, path: $path, now: $env.PATH, aside: $aside, prompt: null }",
  "let others = ($env.STARSHIP_SHELL? == 'nu') or ('POSH_SHELL_VERSION' in $env)",
  "if ($env.VIRTUAL_ENV_DISABLE_PROMPT? | is-empty) and ('PROMPT_COMMAND' in $env) and not $others {",
  "let outer_prompt = $env.PROMPT_COMMAND; let swrt_mark = $'(char lparen)($plan.name)(char rparen) '",
  "$env._SWRT = ($env._SWRT | update prompt { $outer_prompt })",
  "$env.PROMPT_COMMAND = {|| $swrt_mark + (if (($outer_prompt | describe) == closure) { do $outer_prompt } else { $outer_prompt }) }",
  "}",
];

/** Only what is still ours is put back. */
const OFF = [
  "let was = $env._SWRT",
  "for row in ($was.plan.set | transpose name value) {",
  "if ($env | get --optional $row.name) == $row.value {",
  "if ($row.name in $was.old) { load-env { $row.name: ($was.old | get $row.name) } } else { hide-env --ignore-errors $row.name }",
  "}",
  "}",
  "for name in $was.plan.unset { if ($name in $was.old) and ($name not-in $env) { load-env { $name: ($was.old | get $name) } } }",
  "if $env.PATH? == $was.now { $env.PATH = $was.path } else {",
  "let last = ($was.plan.path | length) - 1",
  "$env.PATH = ($was.plan.path | enumerate | reduce --fold (_swrt_paths) {|it, all| _swrt_less $all $it.item (if $it.index == $last { $was.aside } else { [] }) })",
  "$env.PATH = ($was.plan.behind? | default [] | reduce --fold $env.PATH {|entry, all| _swrt_less ($all | reverse) $entry [] | reverse })",
  "}",
  "let prompt = ($env.PROMPT_COMMAND? | default '')",
  "if ($was.prompt != null) and (($prompt | describe) == closure) and (view source $prompt | str contains 'swrt_mark') { $env.PROMPT_COMMAND = $was.prompt }",
  ...nuLeft(PREFIX("$was.plan")),
  "hide-env _SWRT",
];
