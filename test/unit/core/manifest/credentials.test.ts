import { expect, test } from "bun:test";
import {
  hasCredentials,
  maskCredentials,
  withoutChannelSecrets,
  withoutCredentials,
} from "#core/manifest/credentials.ts";

test.each([
  ["https://user:pass@host/simple", "https://host/simple"],
  ["https://t0ken@host/simple", "https://host/simple"],
  ["https://user:p@ss@host/", "https://host/"],
  ["git+https://t0ken@git.test/x.git@v1", "git+https://git.test/x.git@v1"],
  ["x @ https://u:p@h/x.whl --extra-index-url http://a:b@i/", "x @ https://h/x.whl --extra-index-url http://i/"],
  ["git+ssh://git:pw@git.test/x", "git+ssh://git.test/x"],
  ["https://${USER}:secret@host/", "https://host/"],
  ["https://t0ken:@host/", "https://host/"],
  ["['https://host/t/t0ken/main', b]", "['https://host/main', b]"],
  ["https://u:p@host:80/t/t0ken/c", "https://host:80/c"],
])("%s carries a secret", (text, clean) => {
  expect(withoutCredentials(text)).toBe(clean);
  expect(hasCredentials(text)).toBe(true);
  expect(maskCredentials(text)).toHaveLength(text.length);
  expect(maskCredentials(text)).not.toMatch(/t0ken|pass|p@ss|secret|:pw|u:p@|a:b@/);
});

test.each([
  "https://host/simple",
  "https://host/a@b",
  "https://host/t/$TOKEN/main",
  "https://host/t/${TOKEN}/main",
  "https://host/a/t/b/c",
  "https://host/t/x",
  "file:///t/x/y",
  "git+ssh://git@git.test/x.git@v1",
  "https://${TOKEN}@host/",
  "https://${USER}:${PASSWORD}@host/",
  "https://me:${PASSWORD}@host/",
  "git@git.test:x/y.git",
  "name @ https://host/x.whl",
])("%s carries none", (text) => {
  expect(withoutCredentials(text)).toBe(text);
  expect(maskCredentials(text)).toBe(text);
});

test.each([
  ["https://h/api/repo/t/tk-9/main", "https://h/api/repo/main"],
  ["['https://h/api/t/tk-9', x]", "['https://h/api', x]"],
  ["https://h/base/t/tk-9/main::greet >=1", "https://h/base/main::greet >=1"],
  ["https://me:pw@h/base/t/tk-9/main/noarch/x.tar.bz2#0", "https://h/base/main/noarch/x.tar.bz2#0"],
])("as a channel's address %s carries a secret", (text, clean) => {
  expect(withoutChannelSecrets(text)).toBe(clean);
});

test.each([
  "https://files/packages/source/t/tornado/tornado-6.tar.gz",
  "https://h/base/t/${TOKEN}/main",
  "https://h/base/t/$TOKEN",
  "file:///srv/t/team/main",
])("as a channel's address %s carries none", (text) => {
  expect(withoutChannelSecrets(text)).toBe(text);
});
