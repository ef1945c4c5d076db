/**
 * A file that names the prefix it was linked into, as it is with another prefix. The old one must not be shorter: in
 * programs what follows it moves up and the end of the text is filled with zeros, as conda does it.
 * Pure. Tests: test/unit/core/docker/moved-prefix.test.ts
 */

export interface Move {
  readonly from: string;
  readonly to: string;
}

/** All of a text file, whatever its encoding. */
export const movedText = (bytes: Uint8Array, { from, to }: Move): Uint8Array =>
  Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll(from, to), "latin1");

/** Of the same length, so that nothing in a program moves. */
export function movedBinary(bytes: Uint8Array, { from, to }: Move): Uint8Array {
  const out = Buffer.from(bytes);
  for (let at = out.indexOf(from, 0, "latin1"); at >= 0; at = out.indexOf(from, at, "latin1")) {
    const zero = out.indexOf(0, at);
    const end = zero < 0 ? out.length : zero;
    const moved = Buffer.from(out.toString("latin1", at, end).replaceAll(from, to), "latin1");
    moved.copy(out, at);
    out.fill(0, at + moved.length, end);
    at = end;
  }
  return out;
}
