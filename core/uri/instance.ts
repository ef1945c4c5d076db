/**
 * Which instance a URI speaks of: `local`, an alias of the config, or a server's address.
 * Tests: test/unit/core/uri/instance.test.ts
 */
import { SwError } from "#core/errors.ts";
import { invalidUri, screen } from "#core/uri/names.ts";
import { LOCAL, type UriContext } from "#core/uri/uri.ts";

export type Instance =
  | { readonly kind: "local" }
  | { readonly kind: "server"; readonly alias: string | undefined; readonly base: string };

/** `local`, an alias, `cloud://ALIAS` or `http(s)://HOST[:PORT]`, and nothing after it. */
export function parseInstanceUri(text: string, config: UriContext): Instance {
  screen(text);
  const address = splitAddress(text, config);
  if (address === undefined) return byAlias(text.replace(/^cloud:\/\//, ""), config);
  if (address.path !== "")
    throw invalidUri(text, "more than an instance", "An instance is an alias or http(s)://HOST.");
  return address.instance;
}

/** @throws SwError INSTANCE_NOT_FOUND with the aliases that there are. */
export function byAlias(alias: string, config: UriContext): Instance {
  if (alias === LOCAL) return { kind: "local" };
  const known = Object.hasOwn(config.instances, alias) ? config.instances[alias] : undefined;
  if (known !== undefined) return { kind: "server", alias, base: trimSlash(known.uri) };
  const aliases = [LOCAL, ...Object.keys(config.instances).filter((name) => name !== LOCAL)];
  throw new SwError("INSTANCE_NOT_FOUND", `no instance ${JSON.stringify(alias.slice(0, 80))}`, {
    hint: `Known: ${aliases.join(", ")}. Log in to another with \`swcli instance login URI --alias NAME\`.`,
    detail: { alias: alias.slice(0, 80) },
  });
}

/** An http(s) address split into its instance and the path after it; undefined for any other text. */
export function splitAddress(text: string, config: UriContext): { instance: Instance; path: string } | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname === "") throw invalidUri(text, "not a server's address");
  if (url.username !== "" || url.password !== "") {
    throw invalidUri(text, "it holds a user or password", "Log in with `swcli instance login` instead.");
  }
  const known = knownAt(url, config);
  const base = known?.base ?? url.origin;
  // From the text, not from the URL: URL resolves `..` silently, ours must be refused.
  const path = /^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(text)?.[1] ?? "";
  const prefix = known?.prefix ?? "";
  return {
    instance: { kind: "server", alias: known?.alias, base },
    path: path.slice(prefix.length).replace(/^\//, "").replace(/\/$/, ""),
  };
}

/** Several aliases may have one address: the current instance is meant, else the first. */
function knownAt(url: URL, config: UriContext): { alias: string; base: string; prefix: string } | undefined {
  const others = Object.keys(config.instances).filter((alias) => alias !== config.currentInstance);
  for (const alias of [config.currentInstance, ...others]) {
    const uri = Object.hasOwn(config.instances, alias) ? config.instances[alias]?.uri : undefined;
    const known = uri === undefined ? null : URL.parse(uri);
    if (known === null || known.origin !== url.origin || known.host === "") continue;
    const prefix = trimSlash(known.pathname);
    if (prefix === "" || url.pathname === prefix || url.pathname.startsWith(`${prefix}/`)) {
      return { alias, base: trimSlash(`${known.origin}${prefix}`), prefix };
    }
  }
  return undefined;
}

const trimSlash = (text: string): string => text.replace(/\/+$/, "");
