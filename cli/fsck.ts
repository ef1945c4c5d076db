/** `swcli fsck`: the check of the store under the name that many look for. */
import { defineCommand } from "#cli/command.ts";
import { checkStore } from "#cli/store-check.ts";

export default defineCommand({
  meta: {
    name: "fsck",
    description: "Check everything in the store and put right what can be (as doctor --store)",
    examples: ["swcli fsck", "swcli -o json fsck"],
  },
  run: async ({ data: out }) => await checkStore(out),
});
