/** The short commands, as ratios to an empty program compiled the same way. */
import { resolve } from "node:path";
import { ratios } from "./hyperfine.ts";
import { type Place, settledEnv, timed } from "./place.ts";
import { ms, type Row, ratioRow } from "./table.ts";

const QUICKSTART = resolve(import.meta.dir, "../../test/fixtures/quickstart");

export async function start(place: Place, rounds = 20): Promise<Row[]> {
  const { swcli, empty } = place;
  await timed(place, [swcli, "runtime", "build", "--prepare", "wait"], QUICKSTART);
  await settledEnv(place);
  await timed(place, [swcli, "runtime", "run", "quickstart", "--", "true"]);
  const goals = [
    { what: "`--version`", argv: [swcli, "--version"], goal: 1.3 },
    { what: "`run URI -- true`, ready", argv: [swcli, "runtime", "run", "quickstart", "--", "true"], goal: 1.5 },
    { what: "`list`", argv: [swcli, "runtime", "list"], goal: 1.8 },
    { what: "`build`, unchanged", argv: [swcli, "runtime", "build"], goal: 3 },
  ];
  const measured = await ratios(place, [[empty], ...goals.map(({ argv }) => argv)], { rounds, cwd: QUICKSTART });
  return goals.map(({ what, goal }, index) => {
    const { ratio, ms: own, baseMs } = measured[index] ?? { ratio: Number.NaN, ms: 0, baseMs: 0 };
    return ratioRow({ section: "start", what, note: `${ms(own)} / ${ms(baseMs)}` }, ratio, goal);
  });
}
