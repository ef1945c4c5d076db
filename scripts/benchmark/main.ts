/** `main.ts [start] [shell] [lock] [env] [daemon] [store] [conda] [images] [transfer]`: runs the sections and prints the table. Called by scripts/bench. */
import { cpus, loadavg } from "node:os";
import { conda } from "./conda.ts";
import { daemon } from "./daemon.ts";
import { environments } from "./environments.ts";
import { images } from "./images.ts";
import { lock } from "./lock.ts";
import { type Place, withPlace } from "./place.ts";
import { shell } from "./shell.ts";
import { start } from "./start.ts";
import { store } from "./store.ts";
import { type Row, table } from "./table.ts";
import { transfer } from "./transfer.ts";

type Section = (place: Place, rounds?: number) => Promise<Row[]>;

const SECTIONS: Readonly<Record<string, Section>> = {
  start,
  shell,
  lock,
  env: environments,
  daemon,
  store,
  conda,
  images,
  transfer,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in SECTIONS));
if (unknown.length > 0) {
  console.error(`bench: no section ${unknown.join(", ")}; there are ${Object.keys(SECTIONS).join(", ")}`);
  process.exit(2);
}

const rounds = process.env.BENCH_ROUNDS ? Number(process.env.BENCH_ROUNDS) : undefined;
const rows: Row[] = [];
await withPlace(async (place) => {
  for (const name of asked.length > 0 ? asked : Object.keys(SECTIONS)) {
    console.error(`bench: ${name}`);
    const found = (await SECTIONS[name]?.(place, rounds)) ?? [];
    rows.push(...found);
    // A run that is ended early has shown what it found.
    for (const { what, figure, goal } of found) console.error(`  ${what}: ${figure} (${goal})`);
  }
});
console.log(table(rows));
console.log(`\n${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)} at the end; ${new Date().toISOString()}`);
