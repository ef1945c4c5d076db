/**
 * The functions that a hook loads once against the script that is rendered for one runtime: whatever stands in the shell,
 * both must leave the same behind, while active and after.
 */
import { describe, expect, test } from "bun:test";
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { ENTRY_FILE, entryText, markerTwin, refTwin, SEEN_FOLDER, seenPaths } from "#core/env/activation/hook-entry.ts";
import { fishHook } from "#core/env/activation/hook-fish.ts";
import { hookScript, KNOWN } from "#core/env/activation/hook-script.ts";
import { type ActivationPlan, condaPlan, venvPlan } from "#core/env/activation/plan.ts";
import { fitsHook, literalWords } from "#core/env/activation/plan-words.ts";
import { posixQuote as q } from "#core/env/activation/quote.ts";
import { fileTime, writeTwin } from "#core/platform/time-twin.ts";
import { needsProgram, testWith } from "../../../../helpers/needs.ts";
import { FILE, Lab, type RunIn, SNAPSHOT } from "./lab.ts";

type Shell = "bash" | "zsh" | "fish";

const ENV = `${"a".repeat(32)}-1`;

/** The hook, with what it finds on the disk of a runtime that it knows (that it notices changes is e2e). */
async function hook(shell: Shell, lab: Lab, { prefix, ...plan }: ActivationPlan): Promise<string> {
  const root = `${lab.dir}/store`;
  const [store, seen] = [`${root}/.store/v1`, `${prefix}/${SEEN_FOLDER}`];
  const entry = `${store}/activation/by-uri/${plan.name}/@`;
  for (const folder of [`${store}/activation/live/${ENV}`, `${store}/refs/self`, entry, seen]) mkdirSync(folder, DEEP);
  mkdirSync(`${prefix}/lib/python3.11/site-packages`, DEEP);
  writeFileSync(`${store}/refs/self/${plan.name}.json`, "{}");
  linkSync(`${store}/refs/self/${plan.name}.json`, `${entry}/${refTwin("1-1")}`);
  const marker = `${root}/.envs/${ENV.replace(/-1$/, ".json")}`;
  writeFileSync(marker, "{}");
  linkSync(marker, `${entry}/${markerTwin("2-2")}`);
  writeFileSync(`${prefix}/pyvenv.cfg`, "");
  const known = { ...plan, env: ENV, python: "3.11", ref: "1-1", marker: "2-2", config: "0", conda: "0" } as const;
  writeFileSync(`${entry}/${ENTRY_FILE}`, entryText(known));
  for (const [twin, path] of Object.entries(seenPaths(prefix, `${prefix}/lib/python3.11/site-packages`))) {
    await writeTwin(`${seen}/${twin}`, fileTime(path) ?? 0n);
  }
  const input = { swcli: "/no/swcli", root, cd: false };
  return shell === "fish" ? fishHook(input) : hookScript(input, shell);
}

const DEEP = { recursive: true };

/** Everything of a session that can be compared, by the way in. */
async function bothWays(lab: Lab, shell: Shell, session: (on: string) => string, options: RunIn = {}) {
  const { plan, rc } = await lab.runtime("demo", `${lab.dir}/store/.envs/${ENV}`);
  const load = `${SNAPSHOT[shell]}\n${await hook(shell, lab, plan)}`;
  const run = async (on: string) => {
    const ran = await lab.sh(shell, `${load}${session(on)}`, options);
    const after = await Bun.file(`${lab.dir}/after`).text();
    await Bun.file(`${lab.dir}/after`).delete();
    return { ...ran, after };
  };
  const source = `${shell === "fish" ? "source" : "."} ${q(`${rc}/${FILE[shell]}`)}`;
  return { hooked: await run("swcli runtime activate demo"), sourced: await run(source), plan };
}

const LOOK = `look() { echo "$PATH|\${PS1-none}|\${VIRTUAL_ENV-}|\${VIRTUAL_ENV_PROMPT-}|\${PYTHONHOME-none}"; env | grep -aE '^(SW_|VIRTUAL|PYTHONHOME|PATH=)' | sort; python 2>&1; }`;
const FISH_LOOK = `function look; echo "$PATH|$VIRTUAL_ENV|$VIRTUAL_ENV_PROMPT|$PYTHONHOME"; env | grep -aE '^(SW_|VIRTUAL|PYTHONHOME|PATH=)' | sort; python; functions -q deactivate; and echo has; end`;

/** The names of our variables that are there; those of one letter are what the hook knows of the last URI. */
const OURS: Record<Shell, string> = {
  bash: 'IFS=" "; n=" ${!_SWRT_@} "; for l in {A..Z} {a..z}; do n=${n/ _SWRT_$l / }; done; echo "<$(echo $n)>"',
  zsh: 'IFS=" "; echo "<${(ok)parameters[(I)_SWRT_??*]}>"',
  fish: 'echo "<"(set -n | string match -r "^_SWRT_..+")">"',
};
const KEPT: Record<Shell, string> = {
  bash: "<_SWRT_BIN _SWRT_ROOT>\n",
  zsh: "<_SWRT_BIN _SWRT_ROOT>\n",
  fish: "<_SWRT_BIN> <_SWRT_ROOT>\n",
};

const ALIASES = "shopt -s expand_aliases 2>/dev/null || setopt aliases\n";

// What the shell is like before, what is done inside, the word that leaves.
const SESSIONS: readonly (readonly [what: string, before: string, inside: string, leave?: string])[] = [
  ["a plain shell", "PS1='$ '", ""],
  ["a shell without a prompt", "unset PS1", ""],
  ["a prompt that somebody else draws", "PS1='$ ' STARSHIP_SHELL=SHELL", ""],
  ["a prompt that oh-my-posh draws", 'PS1="$ " POSH_SHELL_VERSION=${ZSH_VERSION-}${BASH_VERSION-}', ""],
  ["a prompt that powerlevel10k draws in zsh", "PS1='$ '; p10k() { :; }", ""],
  ["a prompt that is to be left alone", "PS1='$ ' VIRTUAL_ENV_DISABLE_PROMPT=1", ""],
  ["a venv around it", "PS1='$ '; export VIRTUAL_ENV=/outer VIRTUAL_ENV_PROMPT=outer; PATH=/outer/bin:$PATH", ""],
  ["VIRTUAL_ENV alone", "VIRTUAL_ENV=/outer", ""],
  ["VIRTUAL_ENV_PROMPT alone", "VIRTUAL_ENV_PROMPT=outer", ""],
  ["PYTHONHOME", "export PYTHONHOME=/py", ""],
  ["PYTHONHOME, set anew inside", "export PYTHONHOME=/py", "PYTHONHOME=/new"],
  ["a PATH that is not exported", "export -n PATH 2>/dev/null || typeset +x PATH", ""],
  ["a function deactivate", "deactivate() { echo mine; }", ""],
  [
    "functions deactivate and venv",
    "deactivate() { echo mine; }; venv() { echo venv $1; }",
    "venv x",
    "venv deactivate",
  ],
  ["a function venv", "venv() { echo venv $1; }", "venv x"],
  ["an alias deactivate", `${ALIASES}alias deactivate='echo mine'`, ""],
  ["an alias venv", `${ALIASES}alias venv='echo alias'`, "venv x", "venv deactivate"],
  ["a runtime of an outer shell", "export SW_ACTIVATED_RUNTIME_PREFIX_IN_SHELL=/o; PATH=/usr/bin:/o/bin:/bin", ""],
  ["strict options", "set -euo pipefail; IFS=/:.", "", "venv deactivate"],
  ["PATH with more behind and before it", "", "PATH=/first:$PATH:/last"],
  ["our entry taken out of PATH", "P=$PATH", "PATH=$P"],
  ["a changed prompt", "PS1='$ '", "PS1='> '"],
  ["a prompt that was taken away", "set -u; PS1='$ '", "unset PS1"],
  ["a prompt with more before it", "PS1='$ '", 'PS1="x $PS1"'],
  ["another venv activated inside", "", "VIRTUAL_ENV=/v; PATH=/v/bin:$PATH"],
  ["a variable of ours removed", "", "unset VIRTUAL_ENV_PROMPT"],
  ["somebody else's deactivate", "", "VIRTUAL_ENV=/v; deactivate() { echo theirs; }", "_swrt_off"],
  ["the same runtime once more", "PS1='$ '", "AGAIN"],
  [
    "stale words of a parent shell",
    "_SWRT_LIVE=1 _SWRT_RARE=1 _SWRT_FN_OFF='deactivate () { echo stale; }' _SWRT_PATH=/gone",
    "",
  ],
];

test("no function of the hook has a local variable of a name that the hook keeps", () => {
  for (const shell of ["bash", "zsh"] as const) {
    const script = hookScript({ swcli: "/no/swcli", root: "/no", cd: true }, shell);
    const locals = [...script.matchAll(/^\s*local .*$/gm)].flatMap(
      ([line]) => line.match(/_SWRT_\w+(?==|$|\s)/g) ?? [],
    );
    expect(locals.length).toBeGreaterThan(5);
    expect(locals.filter((name) => KNOWN.includes(name))).toEqual([]);
  }
});

for (const shell of ["bash", "zsh"] as const) {
  describe(shell, () => {
    const it = testWith(needsProgram(shell));

    for (const [what, before, inside, leave = "deactivate"] of SESSIONS) {
      it(`${what}: the hook's way in and out does what the runtime's own script does`, async () => {
        await using lab = await Lab.open();
        const { hooked, sourced, plan } = await bothWays(
          lab,
          shell,
          (on) =>
            `${LOOK}\n${before.replace("SHELL=SHELL", `SHELL=${shell}`)}\n${on}\nlook\n${inside.replace("AGAIN", on)}\nlook\n${leave}\nlook || :\nset +eu\nsnap >after 2>&1\n${OURS[shell]}\n`,
        );
        expect(hooked).toEqual(sourced);
        expect(hooked.out).toStartWith(`${plan.prefix}/bin:`);
        expect(hooked.out).toEndWith(KEPT[shell]);
      });
    }

    for (const [what, before] of [
      ["empty", "PATH="],
      ["not there", "unset PATH"],
    ] as const) {
      it(`a PATH that is ${what} is so again afterwards`, async () => {
        await using lab = await Lab.open();
        const say = `echo "[$PATH]"`;
        const { hooked, sourced, plan } = await bothWays(
          lab,
          shell,
          (on) => `${before}\n${on}\n${say}\ndeactivate\necho "[\${PATH-none}]" >after\n${say}\n`,
        );
        expect(hooked).toEqual(sourced);
        expect(hooked.out).toBe(`[${plan.prefix}/bin]\n[]\n`);
      });
    }

    it("a child shell does not take its parent's words for its own", async () => {
      await using lab = await Lab.open();
      const { hooked, plan } = await bothWays(
        lab,
        shell,
        (on) => `${on}\n(deactivate; echo "$PATH")\necho "$PATH"\necho >after\n`,
      );
      expect(hooked.out).toBe(`${lab.env().PATH}\n${plan.prefix}/bin:${lab.env().PATH}\n`);
    });
  });
}

describe("fish", () => {
  const it = testWith(needsProgram("fish"));
  const sessions = [
    ["a plain shell", "", ""],
    ["a venv around it", "set -gx VIRTUAL_ENV /outer; set -gx PATH /outer/bin $PATH", ""],
    ["PYTHONHOME", "set -gx PYTHONHOME /py", ""],
    ["a function deactivate", "function deactivate; echo mine; end", ""],
    ["PATH with more behind and before it", "", "set PATH /first $PATH /last"],
    ["a variable of ours removed", "", "set -e VIRTUAL_ENV_PROMPT"],
    ["the same runtime once more", "", "AGAIN"],
  ] as const;
  for (const [what, before, inside] of sessions) {
    it(`${what}: the hook's way in and out does what the runtime's own script does`, async () => {
      await using lab = await Lab.open();
      const { hooked, sourced, plan } = await bothWays(
        lab,
        "fish",
        (on) =>
          `${FISH_LOOK}\n${before}\n${on}\nlook\n${inside.replace("AGAIN", on)}\nlook\ndeactivate\nlook\nsnap >after 2>&1\n${OURS.fish}\n`,
      );
      expect(hooked).toEqual(sourced);
      expect(hooked.out).toStartWith(`${plan.prefix}/bin:`);
      expect(hooked.out).toEndWith(KEPT.fish);
    });
  }
});

const input = { prefix: "/p", name: "demo", uri: "u", project: "self", version: "v1" };

test("a venv whose name stands in a prompt as it is needs no script of its own; a conda environment does", () => {
  expect(fitsHook(venvPlan(input))).toBe(true);
  expect(fitsHook(venvPlan({ ...input, name: "de$mo" }))).toBe(false);
  expect(fitsHook(condaPlan(input, { path: [], set: {}, leave: [] }))).toBe(false);
});

test("a variable that no shell can hold does not come into a script, nor a name that a prompt would run", () => {
  const odd = condaPlan(
    { ...input, name: "a$(x)`y`" },
    { path: [], set: { "a-b": "1", "c;d": "2", E: "3" }, leave: [] },
  );
  const words = literalWords({ ...odd, unset: ["F", "g h"] }, q);
  expect(words.set.filter(([name]) => !/^(CONDA|SW)_/.test(name))).toEqual([["E", "'3'"]]);
  expect(words.unset).toEqual(["F"]);
  expect(words.mark).toBe("'(a__x__y_) '");
});

test.each(["bash", "zsh", "fish"] as const)("%s: the line in the mark comes before the look for the door", (shell) => {
  const input = { swcli: "/s", root: "/r", cd: false };
  const text = shell === "fish" ? fishHook(input) : hookScript(input, shell);
  const [swcli, look] = [text.indexOf("function swcli"), text.indexOf("function _swrt_look")];
  if (shell === "fish") {
    expect(text).toMatch(/echo in \$env >>\$mark; and test -e \S+\/live\/\$env; or return 1/);
  } else {
    const body = text.slice(swcli, look);
    expect(body.indexOf("_swrt_look")).toBeLessThan(body.indexOf("-e $_SWRT_D"));
    expect(text.slice(look)).toMatch(/echo "in \$_SWRT_e/);
  }
});
