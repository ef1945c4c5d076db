/**
 * What a long-lived process remembers between requests: a bounded least-recently-used map.
 * Every entry must be checked by its user against the disk (a generation, a stat) before it is trusted.
 */
export class Memo {
  readonly #entries = new Map<string, unknown>();
  readonly #limit: number;

  constructor(limit = 5000) {
    this.#limit = limit;
  }

  get<T>(key: string): T | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value as T;
  }

  set(key: string, value: unknown): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break;
      this.#entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
