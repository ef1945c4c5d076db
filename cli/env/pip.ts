/** `swcli env pip`: what the small pip of a runtime calls. Not for people. */
import { clientFor } from "#cli/client/from-out.ts";
import { defineCommand } from "#cli/command.ts";
import { becomeCommand } from "#cli/shell/become.ts";

export default defineCommand({
  meta: { name: "pip", description: "Stand in for pip where a runtime holds none", hidden: true, typedAs: "pip" },
  args: {
    prefix: { type: "positional", required: true, description: "The environment" },
    words: { type: "rest", description: "What was said to pip" },
  },
  async run({ args, data: out }) {
    const answer = await clientFor(out).call("env.pip", { prefix: args.prefix, args: [...(args.words ?? [])] });
    if ("text" in answer) return out.print(answer, ({ text }) => text);
    out.finish();
    becomeCommand(answer.argv, answer.env);
  },
});
