/**
 * Credentials inside URLs of a runtime.yaml: they must reach neither a package nor a message.
 * Owns: what counts as a secret there. Tests: test/unit/core/manifest/credentials.test.ts
 */

/** The text without `user:password@` and conda's `/t/TOKEN` in URLs; variables (`${TOKEN}`) are no secrets and stay. */
export const withoutCredentials = (text: string) => replaceSecrets(text, () => "").replace(TOKEN, "$1");

/** The same with stars in place of secrets, so that columns stay where they are. */
export const maskCredentials = (text: string) =>
  replaceSecrets(text, (userinfo) => `${"*".repeat(userinfo.length - 1)}@`).replace(
    TOKEN,
    (_, host: string, token: string) => `${host}/t/${"*".repeat(token.length - 3)}`,
  );

/**
 * The same for addresses of channels and of packages in them, where a token may stand anywhere in the path, as conda has it.
 * In other addresses `/t/` is a folder like any other: what a pip archive's URL says stays.
 */
export const withoutChannelSecrets = (text: string) =>
  withoutCredentials(text).replace(CHANNEL, (url) => (PIP_ARCHIVE.test(url) ? url : url.replace(CHANNEL_TOKEN, "")));

const CHANNEL = /[a-z][a-z0-9+.-]*:\/\/[^/\s'"][^\s'"]*/gi;
const PIP_ARCHIVE = /\.(whl|zip|tgz|tar\.gz)([?#]|$)/i;
const CHANNEL_TOKEN = /\/t\/[^/$:\]}]+(?=\/|::|[\]},]|$)/;

/** Whether a URL in the text carries a password or token. */
export const hasCredentials = (text: string) => withoutCredentials(text) !== text;

const USERINFO = /([a-z][a-z0-9+.-]*:\/\/)([^/\s'"@]+(?:@[^/\s'"@]+)*@)(?=[^/\s'"@])/gi;

// Where conda looks for it: right behind the host.
const TOKEN = /([a-z][a-z0-9+.-]*:\/\/[^/\s'"]+)(\/t\/[^/\s'"$]+)(?=\/)/gi;

function replaceSecrets(text: string, replace: (userinfo: string) => string): string {
  return text.replace(USERINFO, (whole, scheme: string, userinfo: string) =>
    isSecret(scheme, userinfo) ? scheme + replace(userinfo) : whole,
  );
}

/** Over http a lone user is often a token; over ssh it is an account name such as `git`. */
function isSecret(scheme: string, userinfo: string): boolean {
  const [user = "", ...rest] = userinfo.slice(0, -1).split(":");
  const password = rest.join(":");
  if (password !== "") return plain(password) !== "";
  return /(^|\+)https?:\/\/$/i.test(scheme) && plain(user) !== "";
}

/** What is left without the variables that pip fills. */
const plain = (text: string) => text.replace(/\$\{[A-Z0-9_]+\}/g, "");
