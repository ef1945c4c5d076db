import { expect, test } from "bun:test";
import { SwError } from "#core/errors.ts";
import { sha256Hex } from "#core/platform/digest.ts";
import { LifeModel, type Outcome } from "./life-model.ts";
import { LifeStore } from "./life-store.ts";

// LIFE_SEQUENCES=20000 for a long run; LIFE_SEED repeats the one that failed.
const SEQUENCES = Number(process.env.LIFE_SEQUENCES ?? 2000);
const FIRST_SEED = Number(process.env.LIFE_SEED ?? 1);
// One is met more often, so that it grows several versions.
const PLACES = [
  { project: "self", name: "a" },
  { project: "self", name: "a" },
  { project: "self", name: "a" },
  { project: "other", name: "a" },
];
const CONTENTS = [0, 1, 2, 3];
const TAGS = ["x", "y"];

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Run {
  store: LifeStore;
  model: LifeModel;
  pick<T>(from: readonly T[]): T;
  chance(share: number): boolean;
  said: string[];
}

type Place = (typeof PLACES)[number];
const key = ({ project, name }: Place) => `${project}/${name}`;
const uri = ({ project, name }: Place, id?: string) =>
  `local/project/${project}/runtime/${name}${id === undefined ? "" : `/version/${id}`}`;

async function outcome(work: Promise<unknown>): Promise<Outcome> {
  try {
    await work;
    return "ok";
  } catch (e) {
    if (e instanceof SwError) return e.code as Outcome;
    throw e;
  }
}

type Act = (run: Run, place: Place, id: string) => Promise<void>;

function both(run: Run, what: string, modelled: Outcome, real: Outcome): void {
  run.said.push(`${what}: ${real}`);
  expect(`${what}: ${real}`).toBe(`${what}: ${modelled}`);
}

const build: Act = async (run, place) => {
  const content = run.pick(CONTENTS);
  run.said.push(`build ${key(place)} ${content}`);
  await run.store.build(place.project, place.name, content);
  run.model.build(key(place), LifeStore.id(content));
};

const copy: Act = async (run, place) => {
  const from = run.pick(PLACES);
  const source = run.model.live(key(from))[0];
  if (!source) return;
  run.said.push(`copy ${source.id.slice(0, 5)} from ${key(from)} to ${key(place)}`);
  await run.store.copy(from, source.id, place);
  run.model.copy(key(place), source.id);
};

const tag: Act = async (run, place, id) => {
  const [name, force] = [run.pick(TAGS), run.chance(0.3)];
  const real = await outcome(run.store.tag(uri(place, id), [name], force));
  both(run, `tag ${key(place)} ${id.slice(0, 5)} ${name} ${force}`, run.model.tag(key(place), id, name, force), real);
};

const untag: Act = async (run, place) => {
  const name = run.pick(TAGS);
  const real = await outcome(run.store.untag(uri(place), [name]));
  both(run, `untag ${key(place)} ${name}`, run.model.untag(key(place), name), real);
};

const remove: Act = async (run, place, id) => {
  const [version, force] = [run.chance(0.7) ? id : undefined, run.chance(0.2)];
  const real = await outcome(run.store.remove(uri(place, version), force));
  const what = `remove ${key(place)} ${version?.slice(0, 5)} ${force}`;
  both(run, what, run.model.remove(key(place), version, force), real);
};

const recover: Act = async (run, place, id) => {
  const [version, force] = [run.chance(0.5) ? id : undefined, run.chance(0.3)];
  const real = await outcome(run.store.recover(uri(place, version), force));
  const what = `recover ${key(place)} ${version?.slice(0, 5)} ${force}`;
  both(run, what, run.model.recover(key(place), version, force), real);
};

const activate: Act = async (run, place) => {
  const id = run.model.live(key(place)).at(-1)?.id;
  if (id === undefined) return;
  run.said.push(`activate ${id.slice(0, 5)}`);
  if (!run.model.envs.has(id)) await run.store.activate(id);
  run.model.activate(id);
  if (run.model.held.has(id)) {
    run.model.held.delete(id);
    await run.store.release(id);
  } else if (run.chance(0.25)) {
    await run.store.hold(id);
    run.model.hold(id);
  }
};

const gc: Act = async (run) => {
  run.said.push("gc");
  await run.store.gc();
  run.model.gc();
};

const ACTS: readonly Act[] = [build, build, build, build, copy, tag, tag, untag, remove, remove, recover, activate, gc];

async function compare({ store, model }: Run): Promise<void> {
  for (const place of PLACES) {
    const ref = await store.ref(place.project, place.name);
    const modelled = model.runtimes.get(key(place));
    const real = ref && {
      seq: ref.seq,
      versions: ref.versions.map(({ id, removed_tags }) => ({ id, removed: removed_tags?.toSorted() })),
      tags: Object.entries(ref.tags).sort(),
    };
    const wanted = modelled && {
      seq: modelled.seq,
      versions: modelled.versions.map(({ id, removed }) => ({ id, removed: removed?.toSorted() })),
      tags: [...modelled.tags].sort(),
    };
    expect(real).toEqual(wanted);
  }
  expect(await store.trees()).toEqual([...model.trees.keys()].sort());
  expect(await store.blobs()).toEqual([...model.blobs.keys()].sort());
  expect(await store.envs()).toEqual([...model.envs].map((id) => `${sha256Hex(id).slice(0, 32)}-1`).sort());
}

/** Mostly one that the runtime has or had. */
function someVersion(run: Run, place: Place): string {
  const versions = run.model.runtimes.get(key(place))?.versions ?? [];
  const known = versions.length > 0 && run.chance(0.85);
  return known ? run.pick(versions).id : LifeStore.id(run.pick(CONTENTS));
}

async function sequence(seed: number): Promise<void> {
  const next = random(seed);
  await using store = await LifeStore.make();
  const run: Run = {
    store,
    model: new LifeModel((id) => LifeStore.digests(CONTENTS.find((content) => LifeStore.id(content) === id) ?? -1)),
    pick: (from) => from[Math.floor(next() * from.length)] as (typeof from)[number],
    chance: (share) => next() < share,
    said: [],
  };
  try {
    for (let left = 8 + Math.floor(next() * 14); left > 0; left--) {
      store.tick();
      const place = run.pick(PLACES);
      await run.pick(ACTS)(run, place, someVersion(run, place));
      await compare(run);
    }
  } catch (e) {
    throw new Error(
      `LIFE_SEED=${seed} LIFE_SEQUENCES=1:\n${run.said.join("\n")}\n${e instanceof Error ? e.message : e}`,
    );
  }
}

test(`${SEQUENCES} random lives of runtimes are as the model says`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed++) await sequence(seed);
}, 300_000);
