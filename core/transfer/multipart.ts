/**
 * A form with one file that is made while it is sent, and its exact length beforehand where the file's is known.
 * Tests: test/unit/core/transfer/multipart.test.ts
 */
import { randomBytes } from "node:crypto";
import type { UploadBody } from "#core/transfer/http.ts";

export interface FormFile {
  readonly field: string;
  readonly filename: string;
  readonly body: UploadBody;
}

/** Fields in their order, then the file. Names and values are ours (checked words): nothing in them needs escaping. */
export function multipart(
  fields: Readonly<Record<string, string>>,
  file: FormFile,
): { contentType: string; body: UploadBody } {
  const boundary = `swcli-${randomBytes(16).toString("hex")}`;
  const head = new TextEncoder().encode(headText(fields, file, boundary));
  const tail = new TextEncoder().encode(`\r\n--${boundary}--\r\n`);
  const { size } = file.body;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      size: size === undefined ? undefined : head.length + size + tail.length,
      async *open() {
        yield head;
        yield* file.body.open();
        yield tail;
      },
    },
  };
}

function headText(fields: Readonly<Record<string, string>>, file: FormFile, boundary: string): string {
  const plain = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const disposition = `Content-Disposition: form-data; name="${file.field}"; filename="${file.filename}"`;
  return `${plain.join("")}--${boundary}\r\n${disposition}\r\nContent-Type: text/plain\r\n\r\n`;
}
