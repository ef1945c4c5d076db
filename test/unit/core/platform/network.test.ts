import { expect, test } from "bun:test";
import { isLoopback, proxyFor } from "#core/platform/network.ts";

const proxy = (env: Record<string, string>, url: string) => proxyFor(env, new URL(url));

test("the proxy is the client's, by scheme, and no_proxy takes hosts, domains and ports out", () => {
  const env = { HTTPS_PROXY: "http://p:3128", no_proxy: "inner.example, .corp, other:5000" };
  expect(proxy(env, "https://r.example/v2/")).toBe("http://p:3128");
  expect(proxy(env, "http://r.example/v2/")).toBeUndefined();
  expect(proxy(env, "https://inner.example/")).toBeUndefined();
  expect(proxy(env, "https://a.inner.example/")).toBeUndefined();
  expect(proxy(env, "https://a.corp/")).toBeUndefined();
  expect(proxy(env, "https://other:5000/")).toBeUndefined();
  expect(proxy(env, "https://other:5001/")).toBe("http://p:3128");
  expect(proxy({ ...env, no_proxy: "*" }, "https://r.example/")).toBeUndefined();
  expect(proxy({ all_proxy: "p:1" }, "http://r.example/")).toBe("http://p:1");
});

test("loopback never goes through a proxy and may be plain", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"]) expect(isLoopback(host)).toBe(true);
  for (const host of ["127.0.0.1.example", "10.0.0.1", "localhost.example"]) expect(isLoopback(host)).toBe(false);
  expect(proxy({ http_proxy: "http://p:1" }, "http://127.0.0.1:5000/")).toBeUndefined();
});
