/**
 * pip's command line in uv's words: what both have stays, what only says how pip should behave is left out, what uv takes
 * from its environment goes there, and what only a real pip can do is refused by name. Pure.
 * Tests: test/unit/core/ops/pip-words.test.ts
 */
import { SwError } from "#core/errors.ts";

export interface PipWords {
  /** "" when none was said. */
  verb: string;
  /** For uv, behind the verb. */
  args: string[];
  env: Record<string, string>;
  help: boolean;
  version: boolean;
}

export function pipWords(words: readonly string[]): PipWords {
  const said: PipWords = { verb: "", args: [], env: {}, help: false, version: false };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-h" || word === "--help") said.help = true;
    else if (said.verb === "" && (word === "-V" || word === "--version")) said.version = true;
    else if (word.startsWith("-")) takeOption(said, word, rest);
    else if (said.verb === "") said.verb = word;
    else said.args.push(word);
  }
  return said.verb === "help" ? { ...said, help: true, verb: said.args.shift() ?? "" } : said;
}

function takeOption(said: PipWords, word: string, rest: string[]): void {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const takes = Object.hasOwn(VALUED, name);
  const value = equals >= 0 ? word.slice(equals + 1) : takes ? (rest.shift() ?? "") : "";
  const rule = takes ? VALUED[name] : FLAGS[word];
  const { args = [], env = {} } = rule ? rule(value) : { args: takes ? [name, value] : [word] };
  said.args.push(...args);
  Object.assign(said.env, env);
}

/** What becomes of an option with its value (`""` for a flag). */
type Rule = (value: string) => Partial<Pick<PipWords, "args" | "env">>;

const drop: Rule = () => ({});
const variable =
  (...names: string[]): Rule =>
  (value) => ({ env: Object.fromEntries(names.map((name) => [name, value])) });
const renamed =
  (...args: string[]): Rule =>
  () => ({ args });

const refused =
  (why: string): Rule =>
  () => {
    throw new SwError("USAGE", why, { hint: "Add pip to the runtime's requirements to have the real one." });
  };
const onlyReal = (option: string) => refused(`only a real pip has ${option}; swcli stands in for it here`);

/** uv never asks, compiles or warns as pip does. */
const FLAGS: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    [
      ...["-y", "--yes", "--no-input", "--disable-pip-version-check", "--no-python-version-warning"],
      ...[
        "--require-virtualenv",
        "--debug",
        "--no-warn-script-location",
        "--no-warn-conflicts",
        "--no-clean",
        "--prefer-binary",
      ],
      ...["--use-pep517", "--check-build-dependencies", "--include-editable", "--all", "-l", "--local"],
    ].map((flag) => [flag, drop]),
  ),
  "-o": renamed("--outdated"),
  "-I": renamed("--force-reinstall"),
  "--ignore-installed": renamed("--force-reinstall"),
  "--user": refused("pip --user is about packages outside of this environment, which sees none of them; leave it out"),
  "--not-required": onlyReal("--not-required"),
  "-u": onlyReal("--uptodate"),
  "--uptodate": onlyReal("--uptodate"),
};

/** Options with a value; those with `undefined` are uv's too, and are here so that their value is not taken for a verb. */
const VALUED: Readonly<Record<string, Rule | undefined>> = {
  ...Object.fromEntries(
    [
      "--progress-bar",
      "--root-user-action",
      "--exists-action",
      "--upgrade-strategy",
      "--use-feature",
      "--use-deprecated",
    ].map((option) => [option, drop]),
  ),
  "--timeout": variable("UV_HTTP_TIMEOUT"),
  "--default-timeout": variable("UV_HTTP_TIMEOUT"),
  "--retries": variable("UV_HTTP_RETRIES"),
  "--proxy": variable("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),
  "--client-cert": variable("SSL_CLIENT_CERT"),
  "--cert": undefined,
  "--cache-dir": undefined,
  "--trusted-host": undefined,
  "--keyring-provider": undefined,
  "--python": onlyReal("--python"),
  "--log": onlyReal("--log"),
  "--root": onlyReal("--root"),
  "--report": onlyReal("--report"),
  "--src": onlyReal("--src"),
};
