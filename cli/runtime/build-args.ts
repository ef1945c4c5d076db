/**
 * The options of `runtime build`, and the rules among them: one source, and only what goes with it.
 * Owns: which options belong to which source. Tests: test/unit/cli/runtime/build-args.test.ts
 */
import type { ArgDefs, ParsedArgs } from "#cli/args.ts";
import { SwError } from "#core/errors.ts";
import type { ParamsOf } from "#core/protocol/methods.ts";

export const sourceArgs = {
  yaml: {
    type: "string",
    short: ["y"],
    valueName: "FILE",
    description: "Build from this runtime.yaml (the default source: runtime.yaml in this folder)",
  },
  conda: { type: "string", short: ["c"], valueName: "NAME", description: "Build from the conda environment NAME" },
  "conda-prefix": {
    type: "string",
    short: ["cp"],
    valueName: "PATH",
    description: "Build from the conda environment in this folder",
  },
  venv: {
    type: "string",
    short: ["v"],
    valueName: "PATH",
    description: "Build from the virtual environment in this folder",
  },
  shell: {
    type: "boolean",
    short: ["s"],
    description: "Build from the environment that is active in this shell",
  },
  docker: { type: "string", short: ["d"], valueName: "IMAGE", description: "Use this image as the runtime" },
} as const satisfies ArgDefs;

export const environmentArgs = {
  cuda: {
    type: "string",
    values: ["", "11.3", "11.4", "11.5", "11.6", "11.7"],
    valueName: "VERSION",
    description: "CUDA version (conda, venv, shell); none by default",
  },
  cudnn: {
    type: "string",
    values: ["", "8"],
    valueName: "VERSION",
    description: "cuDNN version (conda, venv, shell); needs --cuda 11.3 to 11.6",
  },
  arch: {
    type: "string",
    values: ["amd64", "arm64", "noarch"],
    valueName: "ARCH",
    description: "Architecture (conda, venv, shell): amd64, arm64 or noarch (default)",
  },
  "include-editable": {
    type: "boolean",
    short: ["ie"],
    description: "Carry editable and local projects as wheels (conda, venv, shell)",
  },
  "include-local-wheel": {
    type: "boolean",
    short: ["ilw"],
    description: "Carry what no index has as wheels of what is installed (conda, venv, shell)",
  },
  "allow-conflicts": {
    type: "boolean",
    description: "Go on although packages of the environment don't fit each other (conda, venv, shell)",
  },
} as const satisfies ArgDefs;

export const emitArgs = {
  "emit-pip-options": {
    type: "boolean",
    short: ["epo", "dpo"],
    long: ["dump-pip-options"],
    description: "Put your pip's index settings into the package, without passwords",
  },
  "emit-condarc": {
    type: "boolean",
    short: ["ecc", "dcc"],
    long: ["dump-condarc"],
    description: "Put your condarc into the package, without passwords",
  },
} as const satisfies ArgDefs;

export const yamlOnlyArgs = {
  "disable-env-lock": {
    type: "boolean",
    short: ["del"],
    description: "Don't lock (yaml): the first activation resolves, the package is not pinned",
  },
  "no-cache": {
    type: "boolean",
    short: ["nc"],
    description: "Resolve anew and make the environment from scratch (yaml)",
  },
} as const satisfies ArgDefs;

type BuildArgs = ParsedArgs<typeof sourceArgs & typeof environmentArgs & typeof emitArgs & typeof yamlOnlyArgs>;
type BuildParams = ParamsOf<"runtime.build">;
type Mode = "yaml" | "conda" | "conda-prefix" | "venv" | "shell" | "docker";

const MODES: readonly Mode[] = ["yaml", "conda", "conda-prefix", "venv", "shell", "docker"];

/**
 * Source, target and extras of the build.
 * @throws SwError USAGE that names both options, or the option and the mode that it does not go with.
 */
export function buildSourceParams(args: BuildArgs): Partial<BuildParams> {
  const mode = modeOf(args);
  checkBelongs(args, mode);
  checkCuda(args);
  return {
    yaml: args.yaml,
    source: sourceOf(args, mode),
    target: { cuda: args.cuda, cudnn: args.cudnn, arch: args.arch },
    extras: {
      pip_options: args["emit-pip-options"],
      condarc: args["emit-condarc"],
      editable: args["include-editable"],
      local_wheel: args["include-local-wheel"],
      conflicts: args["allow-conflicts"],
    },
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== false;

function modeOf(args: BuildArgs): Mode {
  const given = MODES.filter((mode) => isGiven(args[mode]));
  if (given.length > 1) {
    throw new SwError("USAGE", `${given.map((mode) => `--${mode}`).join(" and ")} exclude each other`, {
      hint: "A runtime is built from one source.",
    });
  }
  return given[0] ?? "yaml";
}

type Option = keyof typeof environmentArgs | keyof typeof yamlOnlyArgs;

const ENVIRONMENT_ONLY: readonly Option[] = [
  "cuda",
  "cudnn",
  "arch",
  "include-editable",
  "include-local-wheel",
  "allow-conflicts",
];
const YAML_ONLY: readonly Option[] = ["disable-env-lock", "no-cache"];

function checkBelongs(args: BuildArgs, mode: Mode): void {
  const wrong = (options: readonly Option[]) => options.find((option) => isGiven(args[option]));
  const noEnvironment = mode === "yaml" || mode === "docker" ? wrong(ENVIRONMENT_ONLY) : undefined;
  if (noEnvironment) {
    const hint = mode === "yaml" ? "Write it in the runtime.yaml." : "The image is used as it is.";
    throw new SwError("USAGE", `--${noEnvironment} is for conda, venv and shell mode, this is ${mode} mode`, { hint });
  }
  const noYaml = mode === "yaml" ? undefined : wrong(YAML_ONLY);
  if (noYaml) throw new SwError("USAGE", `--${noYaml} is for yaml mode, this is ${mode} mode`);
}

function checkCuda({ cuda, cudnn }: BuildArgs): void {
  if (!cudnn) return;
  if (!cuda) throw new SwError("USAGE", `--cudnn ${cudnn} needs --cuda`, { hint: "Add --cuda 11.3 to 11.6." });
  if (cuda === "11.7") throw new SwError("USAGE", `--cudnn ${cudnn} does not go with --cuda ${cuda}`);
}

function sourceOf(args: BuildArgs, mode: Mode): BuildParams["source"] {
  if (mode === "yaml") return undefined;
  if (mode === "shell") return { kind: "shell" };
  const value = args[mode] ?? "";
  if (value === "") throw new SwError("USAGE", `--${mode} is empty`);
  if (mode === "docker") return { kind: "docker", image: value };
  return mode === "conda" ? { kind: "conda", name: value } : { kind: mode, path: value };
}
