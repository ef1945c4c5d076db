/**
 * The two ends of a copy, of four kinds each (store, server, registry, file). A source knows its version and gives its
 * content; a sink says what it has and takes it. copy.ts joins any two of them.
 */

import type { Version } from "#core/store/versions.ts";
import type { TagOutcome } from "#core/transfer/server-tags.ts";

export interface Source {
  /** For people and results. */
  readonly uri: string;
  /** The runtime's name, where the source says one. */
  readonly name: string | undefined;
  readonly version: string;
  /** The server or registry from which it can be had again; undefined where it only ever was on this machine. */
  readonly origin: string | undefined;
  /** Those that people gave: neither `latest` nor `vN`. */
  readonly tags: readonly string[];
  /** Byte for byte. */
  readonly manifestText: string;
  /** How many files of its lock a bundle brought: stores take them over, all others get the package alone. */
  readonly carried?: number;
  /** Where the contents lie, when a registry has them: another repository of it can take them over by name. */
  readonly registry?: { readonly host: string; readonly repository: string };
  /** Brings the content into the local store (where it may be already), checked; it has no name there yet. */
  store(): Promise<Version>;
  /** The package as it goes over a wire; from its beginning at each call. */
  bytes(): Promise<PackageBytes>;
}

export interface PackageBytes {
  /** Undefined where the other side does not say. */
  readonly size: number | undefined;
  /** Made from the store, so they need no check on their way. */
  readonly trusted: boolean;
  /** In pieces on loan (core/platform/piece-loan.ts). */
  open(): AsyncIterable<Uint8Array>;
}

export interface Existing {
  /** The manifest that the destination has for the version; undefined when it can't say. */
  readonly manifestText: string | undefined;
}

export interface Sink {
  /** The full form. */
  uri(version: string): string;
  /** Refuses, before any byte is sent, what this destination would refuse. */
  check(tags: readonly string[]): void;
  /**
   * What the destination has under the source's version.
   * @param whether only that it has something matters, so its content need not be read
   */
  existing(source: Source, whether?: boolean): Promise<Existing | undefined>;
  /** Takes the package whole or not at all; `replace` also over what it has. */
  put(source: Source, replace: boolean): Promise<void>;
  /** `move` takes tags from the versions that have them. */
  tag(version: string, tags: readonly string[], move: boolean): Promise<TagOutcome[]>;
}
