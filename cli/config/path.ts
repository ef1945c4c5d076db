/** `swcli config path`. */
import { defineCommand } from "#cli/command.ts";
import { configPath } from "#core/platform/paths.ts";

export default defineCommand({
  meta: { name: "path", description: "Print where the config file is", examples: ['cat "$(swcli config path)"'] },
  run({ data: out }) {
    out.print({ path: configPath(process.env) }, ({ path }) => path);
  },
});
