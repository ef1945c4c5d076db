import { describe, expect } from "bun:test";
import { posixQuote as q } from "#core/env/activation/quote.ts";
import { needsProgram, testWith } from "../../../../helpers/needs.ts";
import { FILE, Lab, POSIX, SNAPSHOT } from "./lab.ts";

const source = (rc: string, shell: keyof typeof FILE) => `. ${q(`${rc}/${FILE[shell]}`)}\n`;

for (const shell of POSIX) {
  describe(shell, () => {
    const it = testWith(needsProgram(shell));

    it("activate and deactivate leave no variable, function or alias behind and no option changed", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const script = `${SNAPSHOT[shell]}\nPS1='$ '\nsnap >before 2>&1\n${source(rc, shell)}snap >during 2>&1\npython\ndeactivate\nsnap >after 2>&1\n`;
      const ran = await lab.sh(shell, script, { env: { PYTHONHOME: "/opt/py" } });
      expect(ran).toEqual({ out: "python-of-demo\n", err: "", code: 0 });
      const [before, during, after] = await Promise.all(
        ["before", "during", "after"].map((f) => Bun.file(`${lab.dir}/${f}`).text()),
      );
      expect(during).toContain("SW_ACTIVATED_RUNTIME_MODE_IN_SHELL");
      expect(during).toContain("_SWRT_LIVE");
      expect(after).toBe(before!);
    });

    it("works under set -eu, pipefail, a strange IFS and an ERR trap", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const strict =
        shell === "dash" ? "set -eu" : "set -euo pipefail; set -E 2>/dev/null || :; trap 'echo TRAPPED' ERR";
      const body = `${strict}\nIFS=/:.\n${source(rc, shell)}python\n${source(rc, shell)}python\nvenv deactivate\necho "done $PATH"`;
      const ran = await lab.sh(shell, body);
      expect(ran).toEqual({ out: `python-of-demo\npython-of-demo\ndone ${lab.env().PATH}\n`, err: "", code: 0 });
    });

    it("every odd PATH comes back byte for byte, also when it was changed in between", async () => {
      await using lab = await Lab.open();
      const { rc, plan } = await lab.runtime("demo");
      const odd = [
        "/a b:/usr/bin:/bin:",
        ":/bin",
        "/x::/y:/bin",
        "/g*/[a]?:/bin",
        "/new\nline:/bin",
        "/ünï'\"`$x\\:/bin",
        `/bin:${plan.prefix}/bin:/z`,
      ];
      for (const path of odd) {
        const body = `PATH=${q(path)}\n${source(rc, shell)}printf '%s\\001' "$PATH"\ndeactivate\nprintf '%s\\001' "$PATH"\n${source(rc, shell)}PATH=/later:$PATH:/end\ndeactivate\nprintf '%s' "$PATH"`;
        const ran = await lab.sh(shell, body);
        expect(ran.out.split("\u0001")).toEqual([`${plan.prefix}/bin:${path}`, path, `/later:${path}:/end`]);
      }
    });

    it("an empty PATH does not make the current folder searched, and is empty again after", async () => {
      await using lab = await Lab.open();
      const { rc, plan } = await lab.runtime("demo");
      const body = `PATH=\n${source(rc, shell)}echo "[$PATH]"\ndeactivate\necho "[$PATH]"\nunset PATH\n${source(rc, shell)}echo "[$PATH]"\ndeactivate\necho "[\${PATH-unset}]"`;
      const ran = await lab.sh(shell, body);
      expect(ran.out).toBe(`[${plan.prefix}/bin]\n[]\n[${plan.prefix}/bin]\n[unset]\n`);
    });

    it("a prefix with quotes, globs, braces and a newline is a prefix like any other", async () => {
      await using lab = await Lab.open();
      const odd = `${lab.dir}/it's "a" $HOME \`x\` \\ *[b]{c,d}} #!\n~ünï`;
      const { rc } = await lab.runtime("demo", odd);
      const body = `P=$PATH\n${source(rc, shell)}python\nprintf '%s\\001' "$VIRTUAL_ENV"\nPATH=/later:$PATH\ndeactivate\nif [ "$PATH" = "/later:$P" ]; then printf same; fi; printf '%s' "\${VIRTUAL_ENV-}"`;
      const ran = await lab.sh(shell, body);
      expect(ran.err).toBe("");
      expect(ran.out).toBe(`python-of-demo\n${odd}\u0001same`);
    });

    it("activating B while A is active leaves A first, and deactivate then leads to neither", async () => {
      await using lab = await Lab.open();
      const a = await lab.runtime("aa");
      const b = await lab.runtime("bb");
      const body = `PS1='$ '\n${source(a.rc, shell)}${source(b.rc, shell)}python\necho "$PATH|$PS1|$VIRTUAL_ENV_PROMPT"\ndeactivate\necho "$PATH|$PS1|\${VIRTUAL_ENV_PROMPT-}\${SW_ACTIVATED_RUNTIME_URI_IN_SHELL-}"\nset | grep -a SWRT`;
      const ran = await lab.sh(shell, body);
      const path = lab.env().PATH;
      expect(ran.out).toBe(`python-of-bb\n${b.plan.prefix}/bin:${path}|(bb) $ |bb\n${path}|$ |\n`);
    });

    it("in a child of an activated shell B replaces A, and deactivate gives A back exactly", async () => {
      await using lab = await Lab.open();
      const a = await lab.runtime("aa");
      const b = await lab.runtime("bb");
      const on = source(b.rc, shell);
      await Bun.write(
        `${lab.dir}/child`,
        `${on}echo "$PATH"\ndeactivate\necho "$PATH $VIRTUAL_ENV_PROMPT"\n${on}PATH=$PATH:/x\ndeactivate\necho "$PATH"\n`,
      );
      const body = `PATH=/mine:$PATH\n${source(a.rc, shell)}PATH=/front:$PATH\n${shell} ./child\npython`;
      const ran = await lab.sh(shell, body);
      const [aBin, bBin, path] = [`${a.plan.prefix}/bin`, `${b.plan.prefix}/bin`, lab.env().PATH];
      expect(ran.out.split("\n")).toEqual([
        `${bBin}:/front:/mine:${path}`,
        `/front:${aBin}:/mine:${path} aa`,
        `${aBin}:/front:/mine:${path}:/x`,
        "python-of-aa",
        "",
      ]);
    });

    it("a variable that was changed while activated stays as the user left it", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const body = `VIRTUAL_ENV=/outer; export VIRTUAL_ENV\n${source(rc, shell)}VIRTUAL_ENV_PROMPT=mine\nPYTHONHOME=/new\ndeactivate\necho "$VIRTUAL_ENV $VIRTUAL_ENV_PROMPT $PYTHONHOME"`;
      expect((await lab.sh(shell, body, { env: { PYTHONHOME: "/old" } })).out).toBe("/outer mine /new\n");
    });

    it("a command found before is found anew after activating and after leaving", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      await Bun.write(`${lab.dir}/first/python`, "#!/bin/sh\necho outer\n");
      await lab.spawn(["chmod", "755", `${lab.dir}/first/python`], lab.env());
      const ran = await lab.sh(
        shell,
        `PATH=${q(`${lab.dir}/first`)}:$PATH\npython\n${source(rc, shell)}python\ndeactivate\npython`,
      );
      expect(ran.out).toBe("outer\npython-of-demo\nouter\n");
    });

    it("the prompt is left alone when asked, where a prompt program shows the runtime itself, and where there is none", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const body = `PS1='$ '\n${source(rc, shell)}echo "$PS1|$VIRTUAL_ENV_PROMPT"\nPS1="changed $PS1"\ndeactivate\necho "$PS1"\nunset PS1\n${source(rc, shell)}echo "\${PS1-none}"`;
      expect((await lab.sh(shell, body)).out).toBe("(demo) $ |demo\nchanged $ \nnone\n");
      expect((await lab.sh(shell, body, { env: { VIRTUAL_ENV_DISABLE_PROMPT: "1" } })).out).toStartWith("$ |demo\n");
      if (shell !== "dash") {
        expect((await lab.sh(shell, body, { env: { STARSHIP_SHELL: shell } })).out).toStartWith("$ |demo\n");
      }
    });

    it("other words of venv go to the program of that name", async () => {
      await using lab = await Lab.open();
      const { rc, plan } = await lab.runtime("demo");
      await Bun.write(`${plan.prefix}/bin/venv`, '#!/bin/sh\necho "program $*"\n');
      await lab.spawn(["chmod", "755", `${plan.prefix}/bin/venv`], lab.env());
      const ran = await lab.sh(
        shell,
        `${source(rc, shell)}venv create 'a b'\nvenv deactivate\necho "\${VIRTUAL_ENV-left}"`,
      );
      expect(ran.out).toBe("program create a b\nleft\n");
    });

    it("in conda mode conda deactivate leaves, without conda installed, and CONDA_* of outside come back", async () => {
      await using lab = await Lab.open();
      const { plan } = await lab.runtime("demo");
      const set = { CONDA_PREFIX: plan.prefix, CONDA_DEFAULT_ENV: "demo" };
      const rc = await lab.render({ ...plan, mode: "conda", set });
      const ran = await lab.sh(shell, `${source(rc, shell)}python\nconda deactivate\necho "$CONDA_PREFIX $PATH"`, {
        env: { CONDA_PREFIX: "/base" },
      });
      expect(ran.out).toBe(`python-of-demo\n/base ${lab.env().PATH}\n`);
    });

    it("in venv mode an active conda is not touched", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const ran = await lab.sh(shell, `${source(rc, shell)}echo "$CONDA_PREFIX"\ndeactivate\necho "$CONDA_PREFIX"`, {
        env: { CONDA_PREFIX: "/base" },
      });
      expect(ran.out).toBe("/base\n/base\n");
    });

    testWith(needsProgram(shell), needsProgram("strace"))("no process is started", async () => {
      await using lab = await Lab.open();
      const a = await lab.runtime("aa");
      const b = await lab.runtime("bb");
      await Bun.write(`${lab.dir}/s`, `${source(a.rc, shell)}${source(b.rc, shell)}deactivate\n`);
      const quiet = { bash: "--norc", zsh: "-f", dash: "-e", fish: "-N" }[shell];
      const ran = await lab.spawn(
        ["strace", "-f", "-qq", "-e", "trace=process", shell, quiet, `${lab.dir}/s`],
        lab.env(),
      );
      expect(ran.code).toBe(0);
      expect(ran.err).toContain("exit_group");
      expect(ran.err).not.toMatch(/fork|clone/);
    });
  });
}

for (const shell of ["bash", "zsh"] as const) {
  describe(shell, () => {
    const it = testWith(needsProgram(shell));

    it("functions deactivate and venv and an alias of the user work again afterwards", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const before = `deactivate() { echo "outer's deactivate"; }\nvenv() { echo "outer's venv $1"; }\n`;
      const body = `${before}${source(rc, shell)}venv new\ndeactivate\ndeactivate\nvenv x\n${source(rc, shell)}venv deactivate\ndeactivate`;
      const ran = await lab.sh(shell, body);
      expect(ran.out.split("\n")).toEqual([
        "outer's venv new",
        "outer's deactivate",
        "outer's venv x",
        "outer's deactivate",
        "",
      ]);
      expect(ran.err).toBe("");
    });

    it("aliases called venv and deactivate do not break the script, and come back", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const on = shell === "bash" ? "shopt -s expand_aliases\n" : "";
      const body = `${on}alias venv='echo alias-venv' deactivate='echo it is an alias'\n${source(rc, shell)}deactivate\necho "\${VIRTUAL_ENV-left}"\nalias deactivate venv`;
      const ran = await lab.sh(shell, body);
      expect(ran.err).toBe("");
      expect(ran.out).toStartWith("left\n");
      expect(ran.out).toContain("it is an alias");
      expect(ran.out).toContain("alias-venv");
    });

    it("with conda an alias of another program, `conda deactivate` is ours, other words are the alias's", async () => {
      await using lab = await Lab.open();
      const { plan } = await lab.runtime("demo");
      const rc = await lab.render({ ...plan, mode: "conda", set: { CONDA_PREFIX: plan.prefix } });
      await Bun.write(`${lab.dir}/tools/conda`, '#!/bin/sh\necho "program $*"\n');
      await lab.spawn(["chmod", "755", `${lab.dir}/tools/conda`], lab.env());
      const on = `PATH=${q(`${lab.dir}/tools`)}:$PATH\n${shell === "bash" ? "shopt -s expand_aliases\n" : ""}`;
      const inside = `conda create 'a  b'; echo "code $?"\nconda deactivate\necho "<\${CONDA_PREFIX-}>"\nconda after\n`;
      const session = (alias: string) => `${on}${alias}\n${source(rc, shell)}${inside}alias conda`;
      const other = await lab.sh(shell, session(`mamba() { echo "mamba $*"; return 3; }\nalias conda='mamba --it'`));
      expect(other.err).toBe("");
      expect(other.out).toMatch(
        /^mamba --it create a {2}b\ncode 3\n<>\nmamba --it after\n(alias )?conda='mamba --it'\n$/,
      );
      const itself = await lab.sh(shell, session("alias conda='conda --it'"));
      expect(itself.err).toBe("");
      expect(itself.out).toMatch(/^program --it create a {2}b\ncode 0\n<>\nprogram --it after\n/);
      const both = await lab.sh(shell, session(`conda() { echo "function $*"; }\nalias conda='conda --it'`));
      expect(both.err).toBe("");
      expect(both.out).toMatch(/^function --it create a {2}b\ncode 0\n<>\nfunction --it after\n/);
    });

    it("leaving by venv deactivate spares the deactivate that another tool defined after us", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const body = `${source(rc, shell)}VIRTUAL_ENV=/other\nPATH=/other/bin:$PATH\ndeactivate() { echo theirs; }\nvenv deactivate\ndeactivate\necho "$VIRTUAL_ENV $PATH"`;
      expect((await lab.sh(shell, body)).out).toBe(`theirs\n/other /other/bin:${lab.env().PATH}\n`);
    });

    it("a real venv active outside is active again afterwards, and can be left", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const made = await lab.spawn(["python3", "-m", "venv", "--without-pip", `${lab.dir}/outer`], { ...process.env });
      expect(made.code).toBe(0);
      const body = `PS1='$ '\n. ${q(`${lab.dir}/outer/bin/activate`)}\n${source(rc, shell)}python\ndeactivate\necho "$VIRTUAL_ENV $PS1"\ndeactivate\necho "$PATH \${VIRTUAL_ENV-none} $PS1"`;
      const ran = await lab.sh(shell, body);
      const [first, second, third] = ran.out.split("\n");
      expect(first).toBe("python-of-demo");
      expect(second).toStartWith(`${lab.dir}/outer (`);
      expect(third).toBe(`${lab.env().PATH} none $ `);
    });

    it("a PATH that was not exported is not exported afterwards", async () => {
      await using lab = await Lab.open();
      const { rc } = await lab.runtime("demo");
      const local = shell === "bash" ? "export -n PATH" : "typeset +x PATH";
      const ran = await lab.sh(
        shell,
        `${local}\n${source(rc, shell)}/usr/bin/env | grep -c ^PATH=\ndeactivate\n/usr/bin/env | grep -c ^PATH=`,
      );
      expect(ran.out).toBe("1\n0\n");
    });
  });
}

testWith(needsProgram("zsh"))(
  "zsh with ksh arrays, word splitting, extended globs, rc quotes, unique path and all warnings on",
  async () => {
    await using lab = await Lab.open();
    const { rc } = await lab.runtime("demo", `${lab.dir}/o'neil's #1^~`);
    const options = [
      "ksharrays",
      "shwordsplit",
      "extendedglob",
      "rcquotes",
      "nounset",
      "errexit",
      "errreturn",
      "warncreateglobal",
      "globsubst",
      "ignoreclosebraces",
      "noclobber",
      "nullglob",
      "posixbuiltins",
    ];
    const body = `typeset -U path PATH\nsetopt ${options.join(" ")}\nP=$PATH\nf() { . ${q(`${rc}/activate.zsh`)}; }\nf\npython\ndeactivate\n[[ $PATH == "$P" ]] && echo same\nsetopt | wc -l`;
    const ran = await lab.sh("zsh", body);
    expect(ran.err).toBe("");
    expect(ran.out.split("\n").slice(0, 2)).toEqual(["python-of-demo", "same"]);
  },
);
