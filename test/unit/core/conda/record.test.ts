import { expect, test } from "bun:test";
import { channelUrl, cleanRecord, cleanUrl } from "#core/conda/record.ts";

const base = {
  name: "x",
  version: "1",
  build: "0",
  build_number: 0,
  subdir: "linux-64",
  fn: "x-1-0.conda",
  channel: "forge",
  depends: [],
  constrains: [],
};

test("logins and tokens leave the address, and the channel is told by it, not by its nickname", () => {
  const url = "https://me:pw@host.example/t/tk-123/private/linux-64/x-1-0.conda";
  expect(cleanUrl(url)).toBe("https://host.example/private/linux-64/x-1-0.conda");
  expect(cleanUrl("file:///srv/t/team/main/x.conda")).toBe("file:///srv/t/team/main/x.conda");
  expect(cleanUrl("https://me:p@ss@host.example/c/x.conda")).toBe("https://host.example/c/x.conda");
  expect(cleanRecord({ ...base, url })).toMatchObject({ url: cleanUrl(url), channel: "https://host.example/private" });
});

test("a package whose folder is not its platform still has a channel", () => {
  expect(channelUrl({ url: "file:///srv/ch/noarch/x-1-0.conda", subdir: "linux-64", fn: "y.conda" })).toBe(
    "file:///srv/ch",
  );
});

test("values that say nothing are no part of a lock", () => {
  const clean = cleanRecord({ ...base, url: "https://h/c/linux-64/x-1-0.conda", license: null, arch: null });
  expect(Object.keys(clean)).not.toContain("license");
});
