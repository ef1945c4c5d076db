/**
 * A query to the daemon in one blocking exchange, for answers that come within milliseconds.
 * undefined means anything but a plain success: the long way (cli/client/client.ts) then finds out and says so.
 * Must stay free of heavy imports.
 */
import { hotTarget } from "#cli/client/hot-target.ts";
import { BUILD_ID } from "#core/platform/build-info.ts";
import { exchange } from "#core/platform/unix-exchange.ts";
import { BUILD_HEADER, type ClientInfo, ROOT_HEADER } from "#core/protocol/wire.ts";

// A daemon that is silent for longer is stuck or swamped; the long way waits as long as it takes.
const SILENCE_SECONDS = 5;

export async function hotQuery(method: string, params: unknown, client: ClientInfo): Promise<unknown> {
  const target = hotTarget(process.env);
  if (!target) return undefined;
  const body = JSON.stringify({ params, client });
  const head = [
    `POST /v1/call/${method} HTTP/1.1`,
    "host: swcli",
    "connection: close",
    `content-length: ${byteLength(body)}`,
    `${BUILD_HEADER}: ${BUILD_ID}`,
    `${ROOT_HEADER}: ${encodeURIComponent(target.root)}`,
  ];
  const answer = exchange(target.socket, `${head.join("\r\n")}\r\n\r\n${body}`, {
    timeoutSeconds: SILENCE_SECONDS,
    isWhole: (text) => bodyOf(text) !== undefined,
  });
  const json = answer === undefined ? undefined : bodyOf(answer);
  return json === undefined ? undefined : JSON.parse(json);
}

/** What the short forms of a URI depend on. */
export function queryEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  if (process.env.HOME) env.HOME = process.env.HOME;
  if (process.env.SW_CLI_CONFIG) env.SW_CLI_CONFIG = process.env.SW_CLI_CONFIG;
  return env;
}

const LENGTH = "\r\ncontent-length: ";

/**
 * The body of a complete 200; the daemon states a length for queries, so a cut answer is noticed.
 * Without regular expressions and Buffer: the first use of either costs a tenth of the whole start.
 */
function bodyOf(answer: string): string | undefined {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0 || !answer.startsWith("HTTP/1.1 200")) return undefined;
  const head = `${answer.slice(0, end).toLowerCase()}\r\n`;
  const at = head.indexOf(LENGTH) + LENGTH.length;
  const length = Number(head.slice(at, head.indexOf("\r\n", at)));
  const body = answer.slice(end + 4);
  return byteLength(body) === length ? body : undefined;
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
