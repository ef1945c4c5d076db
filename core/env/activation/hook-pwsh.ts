/**
 * What `swcli shell init pwsh` prints, for `| Out-String | Invoke-Expression` in a profile of PowerShell 7: `swcli runtime
 * activate` changes the shell, by asking the binary for the plan as JSON each time.
 * Tests: test/e2e/hook-pwsh.test.ts
 */
import { ACTIVATE_WORDS } from "#core/env/activation/activate-words.ts";
import { pwshNoteLines } from "#core/env/activation/hook-notes.ts";
import type { HookInput } from "#core/env/activation/hook-script.ts";

const q = (value: string) => `'${value.replace(/['‘’‚‛]/g, "$&$&")}'`;

export function pwshHook({ swcli, root }: HookInput): string {
  const lines = [
    ...define("swcli", SWCLI),
    ...define("_swrt_exe", [
      `if (Test-Path -LiteralPath ${q(swcli)} -PathType Leaf) { return ${q(swcli)} }`,
      "(Get-Command -Name swcli -CommandType Application | Select-Object -First 1).Source",
    ]),
    ...define("_swrt_split([string[]]$words)", SPLIT),
    ...define("_swrt_dashes($line, $words)", DASHES),
    ...define("_swrt_put([string]$name, $value)", [
      'if ($null -eq $value) { Remove-Item -LiteralPath "env:$name" -ErrorAction Ignore }',
      'else { Set-Item -LiteralPath "env:$name" -Value $value }',
    ]),
    ...define("_swrt_less([string[]]$list, [string]$entry, [string[]]$put)", LESS),
    ...define("_swrt_on($plan)", ON),
    ...define("_swrt_cover([string]$name, [scriptblock]$body)", COVER),
    ...define("_swrt_off", OFF),
    ...pwshNoteLines(q(root)),
  ];
  return `${lines.join("\n")}\n`;
}

const define = (head: string, body: readonly string[]) => [`function global:${head} {`, ...body, "}"];

/** SWCLI_SHELL is where a job of this shell leaves its note. */
const SWCLI = [
  '$env:SWCLI_SHELL = "$PID"',
  "try {",
  "$words = @(_swrt_dashes $MyInvocation.Line $args)",
  "$said = _swrt_split $words",
  "$exe = _swrt_exe",
  "$asks = @($said.rest | Where-Object { $_ -in '-h', '--help' }).Count -gt 0",
  `if ($said.verb -match '^(runtime|rt) (${ACTIVATE_WORDS.join("|")})$' -and -not $asks) {`,
  "$extra = $said.globals + @('shell', 'enter', '--shell', 'pwsh', '--pid', \"$PID\") + $said.rest",
  "$text = & $exe @extra | Out-String",
  "if ($LASTEXITCODE -eq 0) { _swrt_on ($text | ConvertFrom-Json) }",
  "} elseif ($said.verb -eq 'deactivate' -and $said.rest.Count -eq 0 -and (Test-Path variable:global:_SWRT)) { _swrt_off",
  "} elseif ($MyInvocation.ExpectingInput) { $input | & $exe @words",
  "} else { & $exe @words }",
  "} finally { Remove-Item -LiteralPath env:SWCLI_SHELL -ErrorAction Ignore }",
];

/** PowerShell takes the first bare `--` away from a function: it is looked up in the line as it was typed. */
const DASHES = [
  "$words = @($words)",
  "if ($words -contains '--' -or $line -notmatch ' -- ') { return $words }",
  "$tree = [Management.Automation.Language.Parser]::ParseInput($line, [ref]$null, [ref]$null)",
  "$isOurs = { param($node) $node -is [Management.Automation.Language.CommandAst] -and $node.GetCommandName() -eq 'swcli' }",
  "foreach ($command in $tree.FindAll($isOurs, $true)) {",
  "$parts = @($command.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.Extent.Text })",
  "$at = [Array]::IndexOf($parts, '--')",
  "if ($at -ge 0 -and $parts.Count -eq $words.Count + 1) {",
  "return @($words | Select-Object -First $at) + @('--') + @($words | Select-Object -Skip $at)",
  "}",
  "}",
  "$words",
];

/** As `GLOBALS` of hook-script.ts. */
const SPLIT = [
  "$i = 0; $globals = @(); $verb = @()",
  "while ($i -lt $words.Count -and $verb.Count -lt 2 -and \"$verb\" -ne 'deactivate') {",
  "$word = $words[$i]",
  "if ($word -in '-h', '--help', '--version') { break }",
  "if ($word -eq '--color') { $globals += @($words | Select-Object -Skip $i -First 2); $i++",
  "} elseif ($word -cmatch '^(-o|--output)$') { $i++",
  "} elseif ($word -cmatch '^(-o|--output=)') { $null = $word",
  "} elseif ($word -match '^-') { $globals += $word",
  "} else { $verb += $word }",
  "$i++",
  "}",
  '@{ globals = $globals; verb = "$verb"; rest = @($words | Select-Object -Skip $i) }',
];

/** The first `entry` replaced; everything else as it is. */
const LESS = [
  "$at = [Array]::IndexOf($list, $entry)",
  "if ($at -lt 0) { return $list }",
  "@($list | Select-Object -First $at) + @($put) + @($list | Select-Object -Skip ($at + 1))",
];

const ON = [
  "if (Test-Path variable:global:_SWRT) { _swrt_off }",
  "foreach ($pair in @($plan.PSObject.Properties['extend'] | ForEach-Object { $_.Value.PSObject.Properties })) {",
  "$old = [Environment]::GetEnvironmentVariable($pair.Value.of); $alone = $pair.Value.PSObject.Properties['alone']",
  "$value = if ($old) { @($pair.Value.parts) -join $old } elseif ($alone) { $alone.Value } else { $null }",
  "if ($null -ne $value) { $plan.set | Add-Member -NotePropertyName $pair.Name -NotePropertyValue $value }",
  "}",
  "$behind = @($plan.PSObject.Properties['behind'] | ForEach-Object { $_.Value })",
  "$names = @($plan.set.PSObject.Properties.Name) + @($plan.unset)",
  "$state = @{ plan = $plan; old = @{}; path = $env:PATH; behind = $behind; aside = @(); functions = @{}; prompt = $null }",
  "foreach ($name in $names) { $state.old[$name] = [Environment]::GetEnvironmentVariable($name) }",
  "$separator = [IO.Path]::PathSeparator; $rest = @($env:PATH -split $separator)",
  "$outer = $env:SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL",
  'if ($outer -and $rest -ccontains "$outer/bin") { $state.aside = @("$outer/bin"); $rest = @(_swrt_less $rest "$outer/bin" @()) }',
  "foreach ($pair in $plan.set.PSObject.Properties) { _swrt_put $pair.Name $pair.Value }",
  "foreach ($name in $plan.unset) { _swrt_put $name $null }",
  "$env:PATH = (@($plan.path) + $rest + $behind) -join $separator",
  "$state.now = $env:PATH",
  "$global:_SWRT = $state",
  "_swrt_cover 'deactivate' { _swrt_off }",
  "_swrt_cover $plan.mode { if ($args.Count -eq 1 -and $args[0] -eq 'deactivate') { _swrt_off } else { $old = $global:_SWRT.functions[$global:_SWRT.plan.mode]; if (-not $old) { $old = (Get-Command -Name $global:_SWRT.plan.mode -CommandType Application | Select-Object -First 1).Source }; & $old @args } }",
  "$others = $env:STARSHIP_SHELL -in 'powershell', 'pwsh' -or $env:POSH_SHELL_VERSION",
  "if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT -and -not $others -and (Test-Path function:prompt)) {",
  "$state.prompt = $function:prompt",
  'Set-Item -Path function:global:prompt -Value { "($($global:_SWRT.plan.name)) $(& $global:_SWRT.prompt)" }',
  '$state.ours = "$function:prompt"',
  "}",
];

/** A function of that name that was there before is kept. */
const COVER = [
  '$state = $global:_SWRT; $state.functions[$name] = Get-Item -Path "function:$name" -ErrorAction Ignore | ForEach-Object ScriptBlock',
  'Set-Item -Path "function:global:$name" -Value $body',
  '$state.functions["$name ours"] = "$body"',
];

/** Only what is still ours is put back. */
const OFF = [
  "$was = $global:_SWRT; Remove-Variable -Name _SWRT -Scope Global",
  "foreach ($pair in $was.plan.set.PSObject.Properties) {",
  "if ([Environment]::GetEnvironmentVariable($pair.Name) -ceq $pair.Value) { _swrt_put $pair.Name $was.old[$pair.Name] }",
  "}",
  "foreach ($name in $was.plan.unset) {",
  "if ($null -eq [Environment]::GetEnvironmentVariable($name)) { _swrt_put $name $was.old[$name] }",
  "}",
  "if ($env:PATH -ceq $was.now) { $env:PATH = $was.path } else {",
  "$separator = [IO.Path]::PathSeparator; $list = @($env:PATH -split $separator); $last = @($was.plan.path)[-1]",
  "foreach ($entry in $was.plan.path) { $list = @(_swrt_less $list $entry @(if ($entry -eq $last) { $was.aside })) }",
  "foreach ($entry in $was.behind) { [Array]::Reverse($list); $list = @(_swrt_less $list $entry @()); [Array]::Reverse($list) }",
  "$env:PATH = $list -join $separator",
  "}",
  "foreach ($name in 'deactivate', $was.plan.mode) {",
  '$now = Get-Item -Path "function:$name" -ErrorAction Ignore | ForEach-Object ScriptBlock',
  'if ("$now" -cne $was.functions["$name ours"]) { continue }',
  'if ($was.functions[$name]) { Set-Item -Path "function:global:$name" -Value $was.functions[$name] } else { Remove-Item -Path "function:$name" }',
  "}",
  'if ($was.prompt -and "$function:prompt" -ceq $was.ours) { Set-Item -Path function:global:prompt -Value $was.prompt }',
];
