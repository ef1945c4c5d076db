/**
 * Text of unknown length in bounded memory: its beginning and its end, since an explanation stands in one of them.
 * Tests: test/unit/core/platform/proc.test.ts
 */

export class CappedText {
  readonly #half: number;
  #head = "";
  #tail = "";
  #dropped = 0;

  /** @param cap characters that are kept at most */
  constructor(cap: number) {
    this.#half = Math.floor(cap / 2);
  }

  add(piece: string): void {
    const room = this.#half - this.#head.length;
    if (room > 0) this.#head += piece.slice(0, room);
    this.#tail += room > 0 ? piece.slice(room) : piece;
    // Not at each piece: that would copy the half each time.
    if (this.#tail.length > 2 * this.#half) this.#cut();
  }

  #cut(): void {
    const over = this.#tail.length - this.#half;
    if (over <= 0) return;
    this.#dropped += over;
    this.#tail = this.#tail.slice(over);
  }

  /** With a line in the place of what was dropped. */
  text(): string {
    this.#cut();
    if (this.#dropped === 0) return this.#head + this.#tail;
    return `${this.#head}\n… ${this.#dropped} characters left out …\n${this.#tail}`;
  }
}
