import { expect, test } from "bun:test";
import { noSecrets, openHint, takeFromSpec, takeNumbered, takeSecrets } from "#core/conda/channel-secrets.ts";

const take = (written: string, env: Record<string, string> = {}) => {
  const secrets = noSecrets();
  return { clean: takeSecrets(env, written, secrets), ...secrets };
};

test("an address loses its login and its token, wherever that stands in the path", () => {
  expect(take("https://me:p@s%2Fs@h.example:80/c/")).toMatchObject({
    clean: "https://h.example:80/c",
    logins: { "h.example": "me:p@s/s" },
  });
  expect(take("https://h/api/t/tk/c")).toMatchObject({
    clean: "https://h/api/c",
    mirrors: { "https://h/api/c": "https://h/api/t/tk/c" },
  });
  expect(take("https://h/t/tk")).toMatchObject({ clean: "https://h", mirrors: { "https://h": "https://h/t/tk" } });
  expect(take("https://h/c")).toEqual({ clean: "https://h/c", ...noSecrets() });
  expect(take("file:///srv/t/team/c")).toEqual({ clean: "file:///srv/t/team/c", ...noSecrets() });
  expect(take("conda-forge")).toEqual({ clean: "conda-forge", ...noSecrets() });
});

test("what opens a package opens its channel", () => {
  expect(take("https://h/t/tk/c/linux-64/x-1-0.tar.bz2")).toMatchObject({
    clean: "https://h/c/linux-64/x-1-0.tar.bz2",
    mirrors: { "https://h/c": "https://h/t/tk/c" },
    written: { "https://h/c": "" },
  });
});

test("a password that is no URL's is taken as it is, and a variable's value, too", () => {
  expect(take("https://me:100%@h/c").logins).toEqual({ h: "me:100%" });
  expect(take("https://${U}:${P}@h/c", { U: "me", P: "a/b@c#d" })).toMatchObject({
    clean: "https://h/c",
    logins: { h: "me:a/b@c#d" },
  });
});

test("a variable that is not set opens nothing, and is told from a secret", () => {
  const { clean, logins, mirrors, written } = take("https://me:${P}@h/t/${T}/c");
  expect({ clean, logins, mirrors }).toEqual({ clean: "https://h/c", logins: {}, mirrors: {} });
  expect(written).toEqual({ "https://h/c": "https://me:${P}@h/t/${T}/c" });
  expect(take("https://me:a${P}@h/c").written).toEqual({ "https://h/c": "" });
});

test("a spec names its channel in three ways", () => {
  const clean = (spec: string) => takeFromSpec({}, spec, noSecrets());
  expect(clean("https://me:pw@h/t/tk/c::x >=1,<2")).toBe("https://h/c::x >=1,<2");
  expect(clean("x[version='>=1',channel=https://me:p::w@h/c]")).toBe("x[version='>=1',channel=https://h/c]");
  expect(clean("https://me:pw@h/c/noarch/x-1-0.conda")).toBe("https://h/c/noarch/x-1-0.conda");
  expect(clean("lab::x")).toBe("lab::x");
});

test("a numbered variable is a login or a token, and names get none", () => {
  const secrets = noSecrets();
  const env = { SW_CONDA_AUTH_1: "a:b", SW_CONDA_AUTH_2: "me:pw", SW_CONDA_AUTH_3: "t$&k" };
  takeNumbered(env, ["conda-forge", "https://h:8/c", "https://i/b/c", "file:///c"], secrets);
  expect(secrets).toMatchObject({ logins: { h: "me:pw" }, mirrors: { "https://i/b/c": "https://i/t/t$&k/b/c" } });
});

test("who is refused hears of the variables that are not set, else of the channel's own", () => {
  const asked = { channels: ["https://h/c", "https://h/cc"], access: { "https://h/c": "https://me:${P}@h/c" } };
  expect(openHint({}, asked, "https://h/c/noarch/x.conda")).toBe("P is not set: https://me:${P}@h/c wants it.");
  expect(openHint({ P: "x" }, asked, "https://h/c/noarch/x.conda")).toContain("SW_CONDA_AUTH_1");
  expect(openHint({}, asked, "https://h/cc/noarch/repodata.json")).toContain("SW_CONDA_AUTH_2");
  expect(openHint({}, asked, "https://other/c")).toBeUndefined();
});
