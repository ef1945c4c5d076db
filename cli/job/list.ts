/** `swcli job list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { jobsView } from "#cli/output/views/jobs.ts";

export default defineCommand({
  meta: { name: "list", description: "List jobs, newest first" },
  async run({ data: out }) {
    out.print(await clientFor(out).call("job.list", {}), jobsView);
  },
});
