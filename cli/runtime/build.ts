import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "build", description: "Build a runtime version from runtime.yaml." },
  run() {
    throw new SwError("NOT_YET", "runtime build is not there yet");
  },
});
