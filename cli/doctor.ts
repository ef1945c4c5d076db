/** `swcli doctor`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { doctorView } from "#cli/output/views/doctor.ts";
import { checkStore } from "#cli/store-check.ts";

export default defineCommand({
  meta: {
    name: "doctor",
    description: "Say what swcli works with on this machine, or check the store",
    examples: ["swcli doctor", "swcli doctor --store  # every content is read and hashed again"],
  },
  args: {
    store: { type: "boolean", description: "Check everything in the store and put right what can be" },
  },
  async run({ args, data: out }) {
    if (args.store) return await checkStore(out);
    const report = await clientFor(out).call("doctor.machine", {});
    out.print(report, doctorView);
    return report.ok ? 0 : 1;
  },
});
