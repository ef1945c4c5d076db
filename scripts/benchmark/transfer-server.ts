/**
 * `transfer-server.ts FILE VERSION`: as much of a Starwhale server as one upload and one download need, in a process of its
 * own; it throws away what it gets and sends FILE to whoever asks. Prints its address when it listens.
 */
import { createReadStream } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { manifestFor } from "../../test/helpers/package.ts";

const [file = "", version = ""] = process.argv.slice(2);

const server = createServer((request, response) => {
  const path = request.url ?? "";
  if (path.endsWith("/file")) {
    if (request.method === "GET") return void createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
    request.on("data", () => {}).on("end", () => answer(response, ""));
    return;
  }
  request.resume();
  if (path.endsWith("/login")) {
    response.setHeader("authorization", "Bearer a.b.c");
    answer(response, { name: "bench" });
  } else if (path.endsWith("/tag")) answer(response, []);
  else if (path.includes("/runtime/there")) answer(response, info());
  else if (path.includes("/runtime/")) answer(response, null, 404);
  else answer(response, { id: "1", name: "bench" });
});

function answer(response: ServerResponse, data: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code: status === 200 ? "success" : "NOT FOUND: 003", message: "", data }));
}

const info = () => ({
  ...{ id: "1", name: "there", versionId: "2", versionName: version, versionAlias: "v1" },
  ...{ versionMeta: manifestFor(version), manifest: null, createdTime: 0 },
});

server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
