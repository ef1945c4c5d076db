/** `swcli env verify`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { verifyView } from "#cli/output/views/envs.ts";

export default defineCommand({
  meta: {
    name: "verify",
    description: "Read environments again and name what is not as it was made",
    examples: ["swcli env verify", "swcli env verify mnist --fix"],
  },
  args: {
    env: {
      type: "positional",
      repeat: true,
      description: "Runtime URIs, or keys or paths of environments (default: every shared one)",
    },
    fix: { type: "boolean", description: "Put back what was changed, from the store or the package cache" },
  },
  async run({ args, data: out }) {
    const result = await clientFor(out).call("env.verify", { envs: args.env ?? [], fix: args.fix });
    out.print(result, verifyView);
    return result.environments.some(({ differences }) => differences.some(({ fixed }) => !fixed)) ? 1 : 0;
  },
});
