/** What a build without a runtime.yaml starts from, and what is found there. Types only. */
import type { ManifestInput } from "#core/manifest/package-manifest.ts";
import type { BuildInputs } from "#core/ops/build-inputs.ts";
import type { BuildExtras, BuildSource, BuildTarget } from "#core/protocol/methods/build-source.ts";

/** Where an environment came from, as the manifest says it. */
export type SourceFacts = Pick<ManifestInput, "envName" | "envPrefixPath" | "envUseShell" | "pythonEnv"> & {
  source: "venv" | "conda" | "shell" | "docker";
};

export interface SourceInputs extends BuildInputs {
  /** The name that follows from the source. */
  name: string;
  /** What the source calls itself, which may be no name for a runtime. */
  wished?: string;
  facts: SourceFacts;
}

export interface SourceParams {
  source: BuildSource;
  target: BuildTarget;
  extras: BuildExtras;
}

/** A found environment. */
export interface EnvPlace {
  prefix: string;
  useShell: boolean;
  /** Where it has one besides its folder's. */
  name?: string;
}
