/** `swcli __child ENGINE ARGS…`: ends with its parent, then becomes the engine. Started by core/platform/proc.ts only. */
import { becomeCommand } from "#cli/shell/become.ts";
import { dieWithParent } from "#core/platform/libc.ts";

export function becomeEngine(argv: readonly string[]): never {
  dieWithParent();
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return becomeCommand(argv, env);
}
