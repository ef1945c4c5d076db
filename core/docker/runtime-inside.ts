/**
 * A base image that is itself an image of a runtime: two environments at one place would be neither of them, so it is
 * refused, by both engines alike. Pure. Tests: test/e2e/dockerize-base.test.ts, test/e2e/dockerize-buildx.test.ts
 */
import type { Tree } from "#core/docker/base-python.ts";
import { PREFIX } from "#core/docker/image-layout.ts";
import { SwError } from "#core/errors.ts";

const PYTHON = `${PREFIX}/bin/python`;
const SAID = "swcli: a runtime is inside";

export const hasRuntimeInside = (tree: Tree): boolean => tree.has(PYTHON);

/** For a builder that alone can look into the base. */
export const REFUSE_RUNTIME_INSIDE = `if [ -e ${PYTHON} ] || [ -L ${PYTHON} ]; then echo "${SAID}"; exit 1; fi`;

/** What the builder printed of it; a step's own words are printed for other steps' failures too. */
export const saysRuntimeInside = (output: string): boolean => new RegExp(`^#\\d+ [\\d.]+ ${SAID}`, "m").test(output);

export const runtimeInside = (base: string): SwError =>
  new SwError("IMAGE_FAILED", `the base image ${base} is itself an image of a runtime (it has ${PREFIX})`, {
    hint: "Name the image that it was made from, or another one, with --base-image.",
  });
