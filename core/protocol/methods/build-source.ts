/** What a build can be made from besides a runtime.yaml, and the choices that go with it. */
import * as v from "valibot";

const Text = v.pipe(v.string(), v.maxLength(8192));

export const BuildSource = v.variant("kind", [
  v.strictObject({ kind: v.literal("venv"), path: Text }),
  v.strictObject({ kind: v.literal("shell") }),
  v.strictObject({ kind: v.literal("conda"), name: Text }),
  v.strictObject({ kind: v.literal("conda-prefix"), path: Text }),
  v.strictObject({ kind: v.literal("docker"), image: Text }),
]);

/** For environments: what their yaml would say under `environment`. */
export const BuildTarget = v.strictObject({
  cuda: v.optional(v.picklist(["", "11.3", "11.4", "11.5", "11.6", "11.7"]), ""),
  cudnn: v.optional(v.picklist(["", "8"]), ""),
  arch: v.optional(v.picklist(["amd64", "arm64", "noarch"]), "noarch"),
});

/** What goes into the package only when asked for. */
export const BuildExtras = v.strictObject({
  pip_options: v.optional(v.boolean(), false),
  condarc: v.optional(v.boolean(), false),
  editable: v.optional(v.boolean(), false),
  local_wheel: v.optional(v.boolean(), false),
  /** Go on although the environment's packages don't fit each other. */
  conflicts: v.optional(v.boolean(), false),
});

export type BuildSource = v.InferOutput<typeof BuildSource>;
export type BuildTarget = v.InferOutput<typeof BuildTarget>;
export type BuildExtras = v.InferOutput<typeof BuildExtras>;
