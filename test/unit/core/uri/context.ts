/** A config as people have it: two servers, one of them under two names. */
import type { UriContext } from "#core/uri/uri.ts";

export const someConfig: UriContext = {
  currentInstance: "local",
  currentProject: "self",
  instances: {
    local: { uri: "local", currentProject: "self" },
    "pre-k8s": { uri: "http://127.0.0.1:18999", currentProject: undefined },
    twin: { uri: "http://127.0.0.1:18999/", currentProject: "7" },
    deep: { uri: "https://sw.example.com/starwhale", currentProject: "ann:vision" },
  },
};

export const onServer: UriContext = { ...someConfig, currentInstance: "twin", currentProject: "7" };
