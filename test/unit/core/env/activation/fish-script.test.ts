import { expect } from "bun:test";
import { fishQuote as q } from "#core/env/activation/quote.ts";
import { needsProgram, testWith } from "../../../../helpers/needs.ts";
import { Lab, SNAPSHOT } from "./lab.ts";

const it = testWith(needsProgram("fish"));
const source = (rc: string) => `source ${q(`${rc}/activate.fish`)}\n`;

it("activate and deactivate leave no variable and no function behind", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  const body = `${SNAPSHOT.fish}\nsnap >before\n${source(rc)}snap >during\npython\ndeactivate\nsnap >after`;
  const ran = await lab.sh("fish", body, { env: { PYTHONHOME: "/opt/py" } });
  expect(ran).toEqual({ out: "python-of-demo\n", err: "", code: 0 });
  const [before, during, after] = await Promise.all(
    ["before", "during", "after"].map((f) => Bun.file(`${lab.dir}/${f}`).text()),
  );
  expect(during).toContain("_SWRT_LIVE");
  expect(after).toBe(before!);
});

it("PATH with spaces and globs comes back, also when it was changed in between", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  const body = `set -gx PATH '/a b' '/g*[x]' /bin\n${source(rc)}deactivate\necho "$PATH"\n${source(rc)}set -gx PATH /later $PATH /end\ndeactivate\necho "$PATH"`;
  expect((await lab.sh("fish", body)).out).toBe("/a b:/g*[x]:/bin\n/later:/a b:/g*[x]:/bin:/end\n");
});

it("a prefix with quotes, backslashes and a newline is a prefix like any other", async () => {
  await using lab = await Lab.open();
  const odd = `${lab.dir}/it's "a" $HOME (x) \\ \\' *[b]{c,d} #\n~ünï`;
  const { rc } = await lab.runtime("demo", odd);
  const ran = await lab.sh(
    "fish",
    `set P "$PATH"\n${source(rc)}python\nprintf '%s\\001' "$VIRTUAL_ENV"\nset -gx PATH /x $PATH\ndeactivate\ntest "$PATH" = "/x:$P"; and printf same`,
  );
  expect(ran.err).toBe("");
  expect(ran.out).toBe(`python-of-demo\n${odd}\u0001same`);
});

it("activating B while A is active leaves A first; in a child B replaces A and gives it back", async () => {
  await using lab = await Lab.open();
  const a = await lab.runtime("aa");
  const b = await lab.runtime("bb");
  await Bun.write(
    `${lab.dir}/child`,
    `${source(b.rc)}echo "$PATH"\ndeactivate\necho "$PATH $VIRTUAL_ENV_PROMPT"\n${source(b.rc)}set -gx PATH $PATH /x\ndeactivate\necho "$PATH"`,
  );
  const body = `${source(a.rc)}set -gx PATH /front $PATH\nfish --no-config child\n${source(b.rc)}python\ndeactivate\necho "$PATH"`;
  const ran = await lab.sh("fish", body);
  const [aBin, bBin, path] = [`${a.plan.prefix}/bin`, `${b.plan.prefix}/bin`, lab.env().PATH];
  expect(ran.err).toBe("");
  expect(ran.out.split("\n")).toEqual([
    `${bBin}:/front:${path}`,
    `/front:${aBin}:${path} aa`,
    `${aBin}:/front:${path}:/x`,
    "python-of-bb",
    `/front:${path}`,
    "",
  ]);
});

it("variables changed in between stay, an outer VIRTUAL_ENV and PYTHONHOME come back", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  const ran = await lab.sh(
    "fish",
    `${source(rc)}set -q PYTHONHOME; or echo gone\nset -gx VIRTUAL_ENV_PROMPT mine\ndeactivate\necho $VIRTUAL_ENV $VIRTUAL_ENV_PROMPT $PYTHONHOME`,
    {
      env: { VIRTUAL_ENV: "/outer", PYTHONHOME: "/py" },
    },
  );
  expect(ran.out).toBe("gone\n/outer mine /py\n");
});

it("functions deactivate and venv of the user work again afterwards; one defined after us is spared", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  const outer = "function deactivate; echo outer; end\nfunction venv; echo outer-venv $argv; end\n";
  const body = `${outer}${source(rc)}venv 'a b'\ndeactivate\ndeactivate\nvenv x\n${source(rc)}function deactivate; echo theirs; end\nvenv deactivate\ndeactivate`;
  expect((await lab.sh("fish", body)).out).toBe("outer-venv a b\nouter\nouter-venv x\ntheirs\n");
});

it("the prompt is marked, keeps the status of the last command and its last lines, and comes back", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  const prompt = "function fish_prompt; printf '%s\\n> ' $status; end\n";
  const body = `${prompt}${source(rc)}false; fish_prompt; echo; deactivate; true; fish_prompt; echo; functions -q _swrt_outer_prompt; and echo left`;
  const ran = await lab.spawn(["fish", "--no-config", "-i", "-c", body], lab.env());
  expect(ran.out).toBe("(demo) 1\n> \n0\n> \n");
  const quiet = await lab.spawn(
    ["fish", "--no-config", "-i", "-c", body],
    lab.env({ VIRTUAL_ENV_DISABLE_PROMPT: "1" }),
  );
  expect(quiet.out).toStartWith("1\n> ");
  const starship = await lab.spawn(["fish", "--no-config", "-i", "-c", body], lab.env({ STARSHIP_SHELL: "fish" }));
  expect(starship.out).toStartWith("1\n> ");
});

it("a prompt that somebody put around ours is marked while a runtime is active, and works on without", async () => {
  await using lab = await Lab.open();
  const a = await lab.runtime("aa");
  const b = await lab.runtime("bb");
  const wrap = "functions -c fish_prompt their_copy; function fish_prompt; printf '['; their_copy; printf ']'; end\n";
  const plain = "function fish_prompt; printf 'new> '; end\n";
  const show = "fish_prompt; echo\n";
  const inside = `${source(a.rc)}${wrap}${show}deactivate\n${show}${source(b.rc)}${show}deactivate\n${show}`;
  const replaced = `${source(a.rc)}${plain}${show}deactivate\n${show}functions -q _swrt_outer_prompt; and echo left`;
  const body = `function fish_prompt; printf 'mine> '; end\n${inside}${replaced}`;
  const ran = await lab.spawn(["fish", "--no-config", "-i", "-c", body], lab.env());
  expect(ran.err).toBe("");
  expect(ran.out.split("\n")).toEqual(["[(aa) mine> ]", "[mine> ]", "[(bb) mine> ]", "[mine> ]", "new> ", "new> ", ""]);
});

it("in conda mode conda deactivate leaves", async () => {
  await using lab = await Lab.open();
  const { plan } = await lab.runtime("demo");
  const rc = await lab.render({ ...plan, mode: "conda", set: { CONDA_PREFIX: plan.prefix } });
  const ran = await lab.sh("fish", `${source(rc)}python\nconda deactivate\necho "$CONDA_PREFIX $PATH"`, {
    env: { CONDA_PREFIX: "/base" },
  });
  expect(ran.out).toBe(`python-of-demo\n/base ${lab.env().PATH}\n`);
});

testWith(needsProgram("fish"), needsProgram("strace"))("no process is started", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  await Bun.write(`${lab.dir}/s`, `${source(rc)}${source(rc)}deactivate\n`);
  const ran = await lab.spawn(
    ["strace", "-f", "-qq", "-e", "trace=execve,fork,vfork", "fish", "--no-config", `${lab.dir}/s`],
    lab.env(),
  );
  expect(ran.code).toBe(0);
  expect(ran.err.match(/execve\(/g)).toHaveLength(1);
  expect(ran.err).not.toMatch(/fork\(/);
});
