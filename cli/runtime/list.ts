import { defineCommand } from "#cli/command.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: { name: "list", description: "List runtimes and their versions." },
  run() {
    throw new SwError("NOT_YET", "runtime list is not there yet");
  },
});
