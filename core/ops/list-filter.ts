/**
 * The filters of `runtime list`: `name=PREFIX`, `owner=NAME`, `latest`. Different keys must all hold, of equal keys one.
 * Text in, predicate out. Tests: test/unit/core/ops/list-filter.test.ts
 */
import { SwError } from "#core/errors.ts";

export interface ListFilter {
  /** Beginnings of names; empty: any. */
  names: string[];
  owners: string[];
  latest: boolean;
}

/** @throws USAGE for a filter that is none */
export function parseFilters(texts: readonly string[]): ListFilter {
  const filter: ListFilter = { names: [], owners: [], latest: false };
  for (const text of texts) {
    const [, key = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (key === "latest" && value === undefined) filter.latest = true;
    else if (key === "name" && value) filter.names.push(value);
    else if (key === "owner" && value) filter.owners.push(value);
    else throw badFilter(text);
  }
  return filter;
}

const badFilter = (text: string) =>
  new SwError("USAGE", `--filter ${JSON.stringify(text)} is not understood`, {
    hint: "Filters are name=PREFIX, owner=NAME and latest.",
  });

export const nameFits = ({ names }: ListFilter, name: string): boolean =>
  names.length === 0 || names.some((prefix) => name.startsWith(prefix));

export const ownerFits = ({ owners }: ListFilter, owner: string | undefined): boolean =>
  owners.length === 0 || (owner !== undefined && owners.includes(owner));
