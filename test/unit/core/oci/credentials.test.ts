import { expect, test } from "bun:test";
import type { Ctx } from "#core/context.ts";
import { credentialsFor } from "#core/oci/credentials.ts";
import { type StoreHome, storeHome } from "../store/store-home.ts";

async function withConfig(home: StoreHome, config: unknown): Promise<Ctx> {
  await home.write(".docker/config.json", typeof config === "string" ? config : JSON.stringify(config));
  return home.ctx;
}

test("logins of docker are found by host, also where they were written as URLs", async () => {
  await using home = await storeHome();
  const auth = btoa("ann:se:cret");
  const ctx = await withConfig(home, {
    auths: {
      "https://r.example/v1/": { auth },
      "https://index.docker.io/v1/": { auth },
      "i.example": { identitytoken: "tok" },
    },
  });
  const found = await credentialsFor(ctx, "r.example");
  expect(found).toMatchObject({ kind: "basic", user: "ann" });
  expect(found?.kind === "basic" && found.password.reveal()).toBe("se:cret");
  expect(await credentialsFor(ctx, "docker.io")).toMatchObject({ kind: "basic", user: "ann" });
  expect(await credentialsFor(ctx, "i.example")).toMatchObject({ kind: "identity" });
  expect(await credentialsFor(ctx, "other.example")).toBeUndefined();
  expect(JSON.stringify(found)).not.toContain("cret");
});

test("a helper is asked for its host, and one that does not know it is no error", async () => {
  await using home = await storeHome();
  const script =
    '#!/bin/sh\nread h; case $h in a.example) printf \'{"Username":"<token>","Secret":"t"}\';; *) echo "credentials not found in native keychain"; exit 1;; esac\n';
  await Bun.write(`${home.dir}/bin/docker-credential-lab`, script);
  Bun.spawnSync(["chmod", "+x", `${home.dir}/bin/docker-credential-lab`]);
  const ctx = await withConfig(home, { credsStore: "lab" });
  const own: Ctx = { ...ctx, env: { ...ctx.env, PATH: `${home.dir}/bin:${process.env.PATH}` } };
  expect(await credentialsFor(own, "a.example")).toMatchObject({ kind: "identity" });
  expect(await credentialsFor(own, "b.example")).toBeUndefined();
});

test("a damaged config.json is named", async () => {
  await using home = await storeHome();
  const ctx = await withConfig(home, "{");
  await expect(credentialsFor(ctx, "r.example")).rejects.toMatchObject({ code: "AUTH_FAILED" });
});
