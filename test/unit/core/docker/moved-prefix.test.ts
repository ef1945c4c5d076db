import { expect, test } from "bun:test";
import { movedBinary, movedText } from "#core/docker/moved-prefix.ts";

const FROM = "/stage/prefix-of-the-build";
const MOVE = { from: FROM, to: "/opt/image" };
const bytes = (text: string) => Buffer.from(text, "latin1");
const text = (moved: Uint8Array) => Buffer.from(moved).toString("latin1");

test("a text names the new prefix everywhere, and bytes that are no UTF-8 stay", () => {
  expect(text(movedText(bytes(`#!${FROM}/bin/python\n\xe9 ${FROM}:${FROM}/x\n`), MOVE))).toBe(
    "#!/opt/image/bin/python\n\xe9 /opt/image:/opt/image/x\n",
  );
});

test("in a program each string moves up and is filled with zeros, and nothing behind it moves", () => {
  const pad = (count: number) => "\0".repeat(count * (FROM.length - MOVE.to.length));
  const before = `head\0${FROM}/lib\0tail ${FROM}:${FROM}/x\0end`;
  const after = `head\0/opt/image/lib${pad(1)}\0tail /opt/image:/opt/image/x${pad(2)}\0end`;
  const moved = movedBinary(bytes(before), MOVE);
  expect(text(moved)).toBe(after);
  expect(moved).toHaveLength(before.length);
});

test("a string at the very end, without a zero behind it, is moved too", () => {
  const moved = movedBinary(bytes(`x\0${FROM}/y`), MOVE);
  expect(text(moved).replace(/\0+$/, "")).toBe("x\0/opt/image/y");
  expect(moved).toHaveLength(FROM.length + 4);
});

test("a prefix of the same length is only replaced", () => {
  const same = { from: FROM, to: `/${"o".repeat(FROM.length - 1)}` };
  expect(text(movedBinary(bytes(`a ${FROM}/b\0${FROM}`), same))).toBe(`a ${same.to}/b\0${same.to}`);
});
