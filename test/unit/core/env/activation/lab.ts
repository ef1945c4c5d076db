/** A folder with fake environments and their rendered scripts, and real shells to try them in. */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type ActivationPlan, venvPlan } from "#core/env/activation/plan.ts";
import { rcFiles } from "#core/env/activation/rc-files.ts";

export type LabShell = "bash" | "zsh" | "fish" | "dash";

export interface Ran {
  out: string;
  err: string;
  code: number;
}

export interface RunIn {
  /** Arguments of the script. */
  args?: string[];
  env?: Record<string, string | undefined>;
  /** Options of the shell, before the script. */
  options?: string[];
}

export const POSIX: LabShell[] = ["bash", "zsh", "dash"];
export const ALL: LabShell[] = [...POSIX, "fish"];

/** The rendered file for a shell. */
export const FILE: Record<LabShell, string> = {
  bash: "activate.bash",
  zsh: "activate.zsh",
  dash: "activate.sh",
  fish: "activate.fish",
};

// Nothing of the developer's own rc files or variables takes part.
const QUIET: Record<LabShell, string[]> = { bash: ["--norc"], zsh: ["-f"], dash: [], fish: ["--no-config"] };

export class Lab implements AsyncDisposable {
  constructor(readonly dir: string) {}

  static async open(): Promise<Lab> {
    const lab = new Lab(await mkdtemp(`${tmpdir()}/swrt lab-`));
    // Without this folder an interactive fish starts a process that fills it and outlives the test.
    await mkdir(`${lab.dir}/home/.local/share/fish/generated_completions`, { recursive: true });
    return lab;
  }

  /** A runtime `name` with `bin/python` that says its name; `prefix` may be any odd path below the lab. */
  async runtime(name: string, prefix = `${this.dir}/${name}`): Promise<{ plan: ActivationPlan; rc: string }> {
    await mkdir(`${prefix}/bin`, { recursive: true });
    await Bun.write(`${prefix}/bin/python`, `#!/bin/sh\necho python-of-${name}\n`);
    await chmod(`${prefix}/bin/python`, 0o755);
    const plan = venvPlan({
      uri: `local/project/self/runtime/${name}/version/v1`,
      name,
      project: "self",
      version: "v1",
      prefix,
    });
    return { plan, rc: await this.render(plan) };
  }

  async render(plan: ActivationPlan): Promise<string> {
    const rc = `${this.dir}/rc-${plan.name}`;
    for (const file of rcFiles(plan)) await Bun.write(`${rc}/${file.path}`, file.text);
    return rc;
  }

  env(extra: RunIn["env"] = {}): Record<string, string | undefined> {
    return { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: `${this.dir}/home`, TERM: "xterm", LANG: "C.UTF-8", ...extra };
  }

  /** Runs a script (a file, so that nothing is quoted twice) in a real shell. */
  async sh(shell: LabShell, script: string, { args = [], env, options = [] }: RunIn = {}): Promise<Ran> {
    const file = `${this.dir}/script.${shell}`;
    await Bun.write(file, script);
    return this.spawn([shell, ...QUIET[shell], ...options, file, ...args], this.env(env));
  }

  async spawn(argv: string[], env: Record<string, string | undefined>, stdin?: string): Promise<Ran> {
    const input = stdin === undefined ? "ignore" : new Blob([stdin]);
    const child = Bun.spawn(argv, { cwd: this.dir, env, stdin: input, stdout: "pipe", stderr: "pipe" });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { out, err, code };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** Everything that a shell knows, in a text that two moments can be compared by; what the shell itself counts is left out. */
export const SNAPSHOT: Record<LabShell, string> = {
  bash: `snap() { set -o posix; set | grep -vE '^(_|BASHPID|BASH_[A-Z]*|LINENO|PIPESTATUS|FUNCNAME|RANDOM|SECONDS|EPOCH[A-Z]*|SRANDOM|PPID|SHELLOPTS|_SWRT_[A-Za-z])='; set +o posix; declare -f; alias; env | grep -v '^_=' | sort; }`,
  zsh: `snap() { set | grep -aE '^[A-Za-z]\\w*=' | grep -avE '^(LINENO|RANDOM|SECONDS|EPOCH[A-Z]*|TTYIDLE|PPID|status|pipestatus|argv|ZSH_DEBUG_CMD|ZSH_EVAL_CONTEXT|funcstack|history[a-z]*|jobstates|jobtexts|parameters|functions|functions_source|modules|options|usergroups|userdirs|nameddirs|commands|aliases|builtins|reswords|keymaps|widgets|patchars|errnos|sysparams|terminfo|termcap|dis_[a-z]*|_SWRT_[A-Za-z])='; set | grep -a SWRT | grep -av '^_SWRT_[A-Za-z]='; functions; alias; env | grep -v '^_=' | sort; }`,
  dash: `snap() { set | grep -vE '^(_|OPTIND|LINENO|PPID)='; alias; command -V deactivate; command -V venv; command -V _swrt_off; env | grep -v '^_=' | sort; }`,
  fish: `function snap; set -g | string match -v -r '^(history|status|pipestatus|fish_pid|_SWRT_[A-Za-z] )'; for f in (functions -an | string split ', '); echo fn $f; end; functions deactivate; env | string match -v '_=*' | sort; end`,
};
