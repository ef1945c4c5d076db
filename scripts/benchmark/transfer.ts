/**
 * Transfers: a package of 500 MB to and from a server against curl with the same bytes, and what a changed file of 1 %
 * sends to a registry. Loopback, so the figures are of the programs and not of a network.
 */
import { join } from "node:path";
import { makePackage, versionOf } from "../../test/helpers/package.ts";
import { countingProxy } from "../../test/servers/counting-proxy.ts";
import { registryMissing, startRegistry } from "../../test/servers/registry.ts";
import { freshRoot, type Place, timed } from "./place.ts";
import { median, ms, type Row, ratioRow } from "./table.ts";

const SIZE = 500_000_000;
const GOAL = 0.8;

export async function transfer(place: Place, rounds = 5): Promise<Row[]> {
  const there = freshRoot(place, "transfer");
  try {
    return [...(await servers(there, rounds)), ...(await registries(there))];
  } finally {
    await timed(there, [there.swcli, "daemon", "stop"]);
  }
}

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

async function imported(place: Place, word: string, files: Record<string, Uint8Array>): Promise<string> {
  const file = join(place.dir, `${word}.swrt`);
  await Bun.write(file, await makePackage({ version: versionOf(word), files }));
  await timed(place, [place.swcli, "runtime", "import", file, "--name", "demo"]);
  return file;
}

async function servers(place: Place, rounds: number): Promise<Row[]> {
  const file = await imported(place, "large", { content: noise(SIZE) });
  const script = join(import.meta.dir, "transfer-server.ts");
  const server = Bun.spawn([process.execPath, script, file, versionOf("large")], { stdout: "pipe" });
  try {
    const first = await server.stdout.getReader().read();
    const url = new TextDecoder().decode(first.value).trim();
    const login = ["instance", "login", url, "--alias", "b", "--username", "u", "--password", "p"];
    await timed(place, [place.swcli, ...login]);
    return [await upload(place, { url, file, rounds }), await download(place, { url, file, rounds })];
  } finally {
    server.kill();
  }
}

interface Against {
  readonly url: string;
  readonly file: string;
  readonly rounds: number;
}

async function upload(place: Place, { url, file, rounds }: Against): Promise<Row> {
  const target = `${url}/api/v1/project/1/runtime/demo/version/v/file`;
  const curl = ["curl", "-sf", "-o", "/dev/null", "-F", "force=1", "-F", `file=@${file}`, target];
  const ours = [place.swcli, "-q", "runtime", "copy", "demo", "b/project/bench"];
  return await against(place, { what: "upload of 500 MB / curl, rate", ours, curl, rounds });
}

async function download(place: Place, { url, rounds }: Against): Promise<Row> {
  const got = join(place.dir, "got");
  const curl = ["curl", "-sf", "-o", got, `${url}/api/v1/project/1/runtime/there/version/v/file`];
  const out = join(place.dir, "out.swrt");
  const ours = [place.swcli, "-q", "runtime", "copy", "-f", "b/project/bench/there", out];
  return await against(place, { what: "download of 500 MB, checked, into a file / curl, rate", ours, curl, rounds });
}

async function against(
  place: Place,
  { what, ours, curl, rounds }: { what: string; ours: string[]; curl: string[]; rounds: number },
): Promise<Row> {
  const pairs: { ours: number; curl: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push({ curl: (await timed(place, curl)).ms, ours: (await timed(place, ours)).ms });
  }
  const note = `${ms(median(pairs.map((pair) => pair.ours)))} / ${ms(median(pairs.map((pair) => pair.curl)))}`;
  const rate = median(pairs.map((pair) => pair.curl / pair.ours));
  return { section: "transfer", what, figure: `${rate.toFixed(2)} ×`, goal: `≥ ${GOAL} ×`, ok: rate >= GOAL, note };
}

/** 100 wheels of 2 MB, one of them another. */
async function registries(place: Place): Promise<Row[]> {
  if ((await registryMissing()) !== undefined) return [];
  await using registry = await startRegistry();
  await using proxy = await countingProxy(registry.host);
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`wheel-${i}`, noise(2_000_000)]));
  const copy = [place.swcli, "-q", "runtime", "copy", "demo", `oci://${proxy.host}/demo`];
  await imported(place, "first", files);
  await timed(place, copy);
  const before = proxy.up;
  const changed = noise(2_000_000);
  await imported(place, "second", { ...files, "wheel-7": changed });
  await timed(place, copy);
  const sent = proxy.up - before;
  const note = `${sent} / ${changed.length} bytes`;
  const what = "bytes sent for a second version with 1 % changed / the changed bytes";
  return [ratioRow({ section: "transfer", what, note }, sent / changed.length, 1.05)];
}
