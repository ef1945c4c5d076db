import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { subshell } from "#cli/shell/subshell.ts";
import { posixQuote as q } from "#core/env/activation/quote.ts";
import { needsProgram, testWith } from "../../../helpers/needs.ts";
import { Lab, type Ran } from "../../core/env/activation/lab.ts";

const KINDS = ["bash", "zsh", "fish", "sh"] as const;
type Kind = (typeof KINDS)[number];

interface Enter {
  kind: Kind;
  rc: string;
  env?: Record<string, string | undefined>;
}

const start = (lab: Lab, { kind, rc, env }: Enter, interactive: boolean) => {
  const path = kind === "sh" ? (Bun.which("dash") ?? "/bin/sh") : (Bun.which(kind) ?? kind);
  return subshell({ shell: { kind, path }, rcDir: rc, env: lab.env(env), interactive });
};

/** Commands through a pipe. */
function piped(lab: Lab, enter: Enter, commands: string): Promise<Ran> {
  const exec = start(lab, enter, false);
  return lab.spawn([exec.file, ...exec.argv.slice(1)], exec.env, commands);
}

/** Commands typed on a terminal (tmux types nothing faster than the shell reads); what they leave in `out` counts. */
async function typed(lab: Lab, enter: Enter, commands: string): Promise<{ out: string; code: number; screen: string }> {
  const exec = start(lab, enter, true);
  const assign = Object.entries(exec.env).map(([name, value]) => q(`${name}=${value}`));
  const line = ["exec env -i", ...assign, q(exec.file), ...exec.argv.slice(1).map(q)].join(" ");
  await Bun.write(`${lab.dir}/start`, line);
  await Bun.write(`${lab.dir}/out`, "");
  const child = Bun.spawn(["script", "-qec", "sh ./start", "/dev/null"], {
    cwd: lab.dir,
    env: lab.env(),
    stdin: new Blob([commands]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [screen, code] = await Promise.all([child.stdout.text(), child.exited]);
  return { out: await Bun.file(`${lab.dir}/out`).text(), code, screen };
}

const MINE: Record<Kind, string> = { bash: ".bashrc", zsh: ".zshrc", fish: ".config/fish/config.fish", sh: ".shrc" };
const envFor = (lab: Lab, kind: Kind) => (kind === "sh" ? { ENV: `${lab.dir}/home/.shrc` } : {});
const userRc = (lab: Lab, kind: Kind, text: string) => Bun.write(`${lab.dir}/home/${MINE[kind]}`, text);

for (const kind of KINDS) {
  describe(kind, () => {
    const it = testWith(needsProgram(kind), needsProgram("script"));

    it("commands from a pipe run inside, deactivate works there, and the exit code is passed on", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const ran = await piped(
        lab,
        { kind, rc },
        'python\necho "$VIRTUAL_ENV_PROMPT"\ndeactivate\necho "$PATH$VIRTUAL_ENV"\nexit 7\n',
      );
      expect(ran).toEqual({ out: `python-of-demo\ndemo\n${lab.env().PATH}\n`, err: "", code: 7 });
    });

    it("the status of the last piped command is the exit code, and nothing piped is fine too", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      expect((await piped(lab, { kind, rc }, "python\nfalse\n")).code).toBe(1);
      expect((await piped(lab, { kind, rc }, "")).code).toBe(0);
    });

    it("what led the shell to our files is as the user had it, set or not", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      await mkdir(`${lab.dir}/z`);
      await Bun.write(`${lab.dir}/benv`, "FROM_BENV=yes\n");
      const look = "/usr/bin/env | grep -E '^(BASH_ENV|ENV|ZDOTDIR|_SWRT)' | sort\n";
      expect((await piped(lab, { kind, rc }, look)).out).toBe("");
      const env = { BASH_ENV: `${lab.dir}/benv`, ENV: "/no/such", ZDOTDIR: `${lab.dir}/z` };
      const ran = await piped(lab, { kind, rc, env }, `${look}echo "$FROM_BENV"\n`);
      expect(ran.out).toBe(
        `BASH_ENV=${env.BASH_ENV}\nENV=/no/such\nZDOTDIR=${env.ZDOTDIR}\n${kind === "bash" ? "yes" : ""}\n`,
      );
      const tty = await typed(lab, { kind, rc, env }, `${look.replace("\n", " >out\n")}exit\n`);
      expect(tty.out).toBe(`BASH_ENV=${env.BASH_ENV}\nENV=/no/such\nZDOTDIR=${env.ZDOTDIR}\n`);
    });

    it("on a terminal it works without any rc file of the user, marks the prompt, and the exit code is passed on", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const ran = await typed(lab, { kind, rc }, 'python >out\ndeactivate\necho "<$VIRTUAL_ENV>" >>out\nexit 7\n');
      expect(ran.out).toBe("python-of-demo\n<>\n");
      expect(ran.screen).toContain("(demo) ");
      expect(ran.code).toBe(7);
    });

    it("the user's rc file is read, and a bin that it puts first in PATH stands behind ours", async () => {
      await using lab = await Lab.open();
      const { rc, plan } = await lab.runtime("demo");
      await userRc(
        lab,
        kind,
        kind === "fish" ? "set -gx PATH /users $PATH\nset -gx MY rc\n" : "export PATH=/users:$PATH MY=rc\n",
      );
      const ran = await typed(lab, { kind, rc, env: envFor(lab, kind) }, 'echo "$MY $PATH" >out\nexit\n');
      expect(ran.out).toBe(`rc ${plan.prefix}/bin:/users:${lab.env().PATH}\n`);
    });

    it("an rc file that fails, or ends with a false command, does not prevent activation", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      for (const bad of ["no-such-command-here\nfalse\n", "return 3\n"]) {
        await userRc(lab, kind, bad);
        expect((await typed(lab, { kind, rc, env: envFor(lab, kind) }, "python >out\nexit\n")).out).toBe(
          "python-of-demo\n",
        );
      }
    });

    it("a rendered folder with blanks, dollars, quotes and backticks in its path is found", async () => {
      await using lab = await Lab.open();
      const { plan } = await lab.runtime("demo");
      const odd = `${lab.dir}/r $HOME "q" \`id\` it's \\x`;
      await mkdir(odd, { recursive: true });
      await lab.spawn(["cp", "-R", `${await lab.render(plan)}/.`, odd], lab.env());
      expect(await piped(lab, { kind, rc: odd }, "python\n")).toEqual({ out: "python-of-demo\n", err: "", code: 0 });
      expect((await typed(lab, { kind, rc: odd }, "python >out\nexit\n")).out).toBe("python-of-demo\n");
    });

    it("inside another activated runtime it replaces that one", async () => {
      await using lab = await Lab.open();
      const a = await lab.runtime("aa");
      const b = await lab.runtime("bb");
      const env = { PATH: `${a.plan.prefix}/bin:/usr/bin:/bin`, ...a.plan.set };
      const ran = await piped(lab, { kind, rc: b.rc, env }, 'python\necho "$PATH"\n');
      expect(ran.out).toBe(`python-of-bb\n${b.plan.prefix}/bin:/usr/bin:/bin\n`);
    });
  });
}

for (const kind of ["bash", "zsh"] as const) {
  testWith(needsProgram(kind), needsProgram("script"))(
    `${kind}: an rc file under set -euo pipefail whose commands fail still ends in an activated shell`,
    async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      await userRc(lab, kind, "set -euo pipefail\nfalse | true\nfalse\nMY=read\n");
      const ran = await typed(
        lab,
        { kind, rc },
        'python >out\necho "$MY $-" >>out\ndeactivate\necho still >>out\nexit\n',
      );
      expect(ran.out).toMatch(/^python-of-demo\nread \S*\nstill\n$/);
    },
  );

  testWith(needsProgram(kind), needsProgram("script"))(
    `${kind}: an rc file that stops at an unset variable does not prevent activation`,
    async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      await userRc(lab, kind, 'set -u\necho "$no_such_variable"\n');
      expect((await typed(lab, { kind, rc }, "python >out\nexit\n")).out).toBe("python-of-demo\n");
    },
  );
}

testWith(needsProgram("zsh"), needsProgram("script"))(
  "zsh reads every file of a ZDOTDIR that the user's .zshenv chooses, and keeps its history there",
  async () => {
    await using lab = await Lab.open();
    const { rc } = await lab.runtime("demo");
    await Bun.write(`${lab.dir}/home/.zshenv`, "ZDOTDIR=$HOME/z\n");
    await Bun.write(`${lab.dir}/home/z/.zshrc`, "MY=$ZDOTDIR:${(%):-%x}\nHISTFILE=${ZDOTDIR}/h\n");
    const ran = await typed(
      lab,
      { kind: "zsh", rc },
      'echo "$MY" >out\necho "$ZDOTDIR|${(t)ZDOTDIR}|$HISTFILE" >>out\npython >>out\nset | grep -a ^_SWRT_RC >>out\nexit\n',
    );
    const z = `${lab.dir}/home/z`;
    expect(ran.out).toBe(`${z}:${z}/.zshrc\n${z}|scalar|${z}/h\npython-of-demo\n`);
  },
);

test("bash and dash started by a user without HOME activate", async () => {
  await using lab = await Lab.open();
  const { rc } = await lab.runtime("demo");
  for (const kind of ["bash", "sh"] as const) {
    expect((await piped(lab, { kind, rc, env: { HOME: undefined } }, "python\n")).out).toBe("python-of-demo\n");
  }
});

testWith(needsProgram("zsh"))(
  "a command in the pipe that reads stdin gets what follows it in bash and zsh",
  async () => {
    await using lab = await Lab.open();
    const { rc } = await lab.runtime("demo");
    for (const kind of ["bash", "zsh"] as const) {
      expect((await piped(lab, { kind, rc }, 'read x\nhello\necho "got $x"\n')).out).toBe("got hello\n");
    }
  },
);

testWith(needsProgram("zsh"), needsProgram("tmux"))(
  "in tmux bash and zsh show the mark at the prompt, and none after deactivate",
  async () => {
    await using lab = await Lab.open();
    const { rc } = await lab.runtime("demo");
    await userRc(lab, "bash", "PS1='B> '\n");
    await userRc(lab, "zsh", "PS1='Z> '\n");
    const tmux = (...args: string[]) =>
      lab.spawn(["tmux", "-S", `${lab.dir}/tmux`, "-f", "/dev/null", ...args], lab.env());
    try {
      for (const [kind, prompt] of [
        ["bash", "B> "],
        ["zsh", "Z> "],
      ] as const) {
        const exec = start(lab, { kind, rc }, true);
        const env = Object.entries(exec.env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
        await tmux(
          "new-session",
          "-d",
          "-s",
          kind,
          "-x",
          "80",
          "-y",
          "24",
          ...env,
          [exec.file, ...exec.argv.slice(1)].map(q).join(" "),
        );
        await shows(tmux, kind, `(demo) ${prompt}`.trimEnd());
        await tmux("send-keys", "-t", kind, "venv deactivate", "Enter");
        await shows(tmux, kind, `(demo) ${prompt}venv deactivate\n${prompt.trimEnd()}`);
      }
    } finally {
      await tmux("kill-server");
    }
  },
);

async function shows(tmux: (...args: string[]) => Promise<Ran>, session: string, text: string): Promise<void> {
  let screen = "";
  for (let i = 0; i < 100; i++) {
    screen = (await tmux("capture-pane", "-p", "-t", session)).out;
    if (screen.trimEnd() === text) return;
    await Bun.sleep(50);
  }
  expect(screen.trimEnd()).toBe(text);
}

test("the program gets its own name as argv[0] and an environment of strings only", () => {
  const env = { A: "1", GONE: undefined };
  const exec = subshell({ shell: { kind: "bash", path: "/opt/x/bash" }, rcDir: "/rc", env, interactive: true });
  expect(exec).toEqual({ file: "/opt/x/bash", argv: ["bash", "--rcfile", "/rc/bashrc", "-i"], env: { A: "1" } });
});
