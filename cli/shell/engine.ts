/** `swcli __child ENGINE ARGS…`: ends with its parent, then becomes the engine. Started by core/platform/proc.ts only. */
import { becomeCommand } from "#cli/shell/become.ts";
import { SwError } from "#core/errors.ts";
import { dieWithParent } from "#core/platform/libc.ts";

export function becomeEngine(argv: readonly string[]): never {
  dieWithParent();
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    return becomeCommand(argv, env);
  } catch (e) {
    // Read by whoever started the engine, as its own words would be.
    console.error(`error: can't start ${argv[0]}: ${SwError.from(e).message}`);
    process.exit(SwError.from(e).exitCode);
  }
}
