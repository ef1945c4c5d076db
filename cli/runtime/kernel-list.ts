/** `swcli runtime kernel list`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { table } from "#cli/output/views/table.ts";

export default defineCommand({
  meta: { name: "list", description: "Show the Jupyter kernels that start in runtimes" },
  async run({ data: out }) {
    const columns = [
      { title: "KERNEL", cell: (row: { name: string }) => row.name },
      { title: "SHOWN AS", cell: (row: { display_name: string }) => row.display_name },
      { title: "RUNTIME", cell: (row: { uri: string }) => row.uri },
    ];
    out.print(await clientFor(out).call("kernel.list", {}), (rows, look) => table(rows, columns, look));
  },
});
