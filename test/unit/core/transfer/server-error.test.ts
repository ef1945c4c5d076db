import { expect, test } from "bun:test";
import { Secret } from "#core/config/secret.ts";
import { readProblem, serverError } from "#core/transfer/server-error.ts";

const server = { base: "http://h", alias: "pre", token: Secret.of("Bearer abc.def"), insecureTls: false };
const answer = (status: number, body: string) => new Response(body, { status });

test.each([
  [
    "controller",
    '{"code":"NOT FOUND: 003","message":"generic\\nno runtime x","data":null}',
    "NOT FOUND: 003",
    "no runtime x",
  ],
  ["controller without words", '{"code":"internalServerError","message":null,"data":null}', "internalServerError", ""],
  ["filter", '{\n "code":["Unauthorized"],\n "message":["token is missing"]}', "Unauthorized", "token is missing"],
  ["page", "<!doctype html><h1>404</h1>", "", ""],
  ["nothing", "", "", ""],
])("the shape %s becomes one problem", async (_, body, code, message) => {
  expect(await readProblem(answer(404, body))).toEqual({ status: 404, code, message });
});

test("a page of megabytes is not read to its end", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(16_384).fill(97));
    },
  });
  expect((await readProblem(new Response(endless, { status: 500 }))).message).toBe("");
  expect(pulled).toBeLessThan(20);
});

test("statuses become our codes, with what to do", () => {
  const code = (status: number) =>
    serverError(server, { status, code: "", message: "" }, { what: "x", notFound: "RUNTIME_NOT_FOUND" }).code;
  expect([401, 403, 404, 409, 400, 500].map(code)).toEqual([
    ...["AUTH_FAILED", "AUTH_FAILED", "RUNTIME_NOT_FOUND", "EXISTS", "TRANSFER_FAILED", "TRANSFER_FAILED"],
  ] as never);
  const ended = serverError(server, { status: 401, code: "", message: "" }, { what: "x" });
  expect(ended.hint).toBe("Log in (again): swcli instance login http://h --alias pre");
});

test("a server that repeats our token does not bring it into a message", () => {
  const problem = { status: 400, code: "", message: "bad header Bearer abc.def (abc.def)" };
  expect(serverError(server, problem, { what: "x" }).message).not.toContain("abc.def");
});
