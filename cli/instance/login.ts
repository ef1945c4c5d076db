/** `swcli instance login`. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { askText, canAsk } from "#cli/output/prompt.ts";
import { askSecret, firstLineOfStdin } from "#cli/output/secret-prompt.ts";
import { SwError } from "#core/errors.ts";

export default defineCommand({
  meta: {
    name: "login",
    description: "Log in to a Starwhale server and keep it under an alias",
    examples: [
      "swcli instance login http://127.0.0.1:8082 --alias server --username starwhale",
      "swcli instance login https://cloud.example.com --alias team --token-stdin < token.txt",
    ],
  },
  args: {
    uri: { type: "positional", required: true, description: "The server's address" },
    alias: { type: "string", valueName: "NAME", description: "The name for URIs (default: the host)" },
    username: { type: "string", valueName: "NAME", description: "User; the password is asked for" },
    password: {
      type: "string",
      valueName: "TEXT",
      description: "Password; other users of the machine may see it: better let it be asked for",
    },
    "password-stdin": { type: "boolean", description: "Read the password from stdin" },
    token: { type: "string", valueName: "TEXT", description: "A token instead of user and password" },
    "token-stdin": { type: "boolean", description: "Read the token from stdin" },
    insecure: { type: "boolean", description: "Don't warn about http to another machine" },
    "insecure-tls": { type: "boolean", description: "Don't check the server's certificate, now and later" },
  },
  async run({ args, data: out }) {
    refuseMixed(args);
    const token = args["token-stdin"] ? nonEmpty("token", await firstLineOfStdin()) : args.token;
    const user = token ? {} : await userOf(args);
    const result = await clientFor(out).call("instance.login", {
      uri: args.uri,
      alias: args.alias,
      ...(token ? { token } : user),
      insecure: args.insecure,
      insecureTls: args["insecure-tls"],
    });
    out.print(result, (made) => `Logged in to ${made.uri} as ${made.user_name}; its alias is ${made.alias}`);
  },
});

/** One way to say who it is; stdin holds one secret. */
function refuseMixed(args: Given & { readonly token: string | undefined; readonly "token-stdin": boolean }): void {
  const secrets = ["token", "token-stdin", "password", "password-stdin"] as const;
  const used = secrets.filter((name) => args[name] !== undefined && args[name] !== false);
  const byToken = args.token !== undefined || args["token-stdin"];
  if (used.length <= 1 && !(byToken && args.username)) return;
  const names = [...(args.username ? ["username"] : []), ...used].map((name) => `--${name}`);
  throw new SwError("USAGE", `${names.join(" and ")} don't go together`, {
    hint: "Give either a user with a password, or a token.",
  });
}

interface Given {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly "password-stdin": boolean;
}

async function userOf(args: Given): Promise<{ username: string; password: string }> {
  const username = args.username || (canAsk() ? await askText("User name") : "");
  if (!username) throw new SwError("USAGE", "name a user with --username, or give a token with --token-stdin");
  if (args["password-stdin"]) return { username, password: nonEmpty("password", await firstLineOfStdin()) };
  if (args.password !== undefined) return { username, password: args.password };
  if (canAsk()) return { username, password: await askSecret(`Password of ${username}`) };
  throw new SwError("USAGE", "no password: there is no terminal to ask for it", {
    hint: "Pipe it in: --password-stdin",
  });
}

function nonEmpty(what: string, secret: string): string {
  if (secret !== "") return secret;
  throw new SwError("USAGE", `there is no ${what} on stdin`);
}
