/** The check of the store, for `doctor --store` and `fsck`: one call, its view, 1 when something is left to do. */
import { clientFor } from "#cli/client/from-out.ts";
import type { Out } from "#cli/output/out.ts";
import { storeCheckView } from "#cli/output/views/store-check.ts";

export async function checkStore(out: Out): Promise<number> {
  const report = await clientFor(out).call("store.check", {});
  out.print(report, storeCheckView);
  return report.ok ? 0 : 1;
}
