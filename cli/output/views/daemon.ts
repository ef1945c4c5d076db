/** What is known of the daemon, as lines. */
import type { Out } from "#cli/output/out.ts";
import { size } from "#cli/output/views/format.ts";
import { facts } from "#cli/output/views/table.ts";
import type { Hello } from "#core/protocol/wire.ts";

export function daemonView(hello: Omit<Hello, "protocol">, out: Out): string {
  const rows: [string, string][] = [
    ["Pid", String(hello.pid)],
    ["Version", `${hello.version} (build ${hello.build})`],
    ["Root", hello.root],
    ["Socket", hello.socket],
    ["Uptime", `${hello.uptime_s} s`],
    ["Memory", size(hello.rss_bytes)],
  ];
  return facts(rows, { paint: out.paint });
}
