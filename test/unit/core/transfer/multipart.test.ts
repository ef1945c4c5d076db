import { expect, test } from "bun:test";
import { multipart } from "#core/transfer/multipart.ts";

const bytes = new TextEncoder().encode("tar\r\n--not-a-boundary\r\nbytes");

async function* chunks() {
  yield bytes.subarray(0, 5);
  yield bytes.subarray(5);
}

async function joined(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

test("a form is read back as it was meant, and its length is the one announced", async () => {
  const file = { field: "file", filename: "v.swrt", body: { size: bytes.length, open: chunks } };
  const { contentType, body } = multipart({ runtime: "demo:v", project: "1", force: "0" }, file);
  const sent = await joined(body.open());
  expect(body.size).toBe(sent.length);
  const form = await new Response(sent, { headers: { "content-type": contentType } }).formData();
  expect([...form.keys()]).toEqual(["runtime", "project", "force", "file"]);
  expect(form.get("runtime")).toBe("demo:v");
  const got = form.get("file");
  if (!(got instanceof File)) throw new Error("the file is no file");
  expect([got.name, Buffer.from(await got.arrayBuffer())]).toEqual(["v.swrt", Buffer.from(bytes)]);
});

test("without a known size there is none, and a second sending begins anew", async () => {
  const { body } = multipart({}, { field: "file", filename: "v", body: { open: chunks } });
  expect(body.size).toBeUndefined();
  expect(await joined(body.open())).toEqual(await joined(body.open()));
});
