import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Sweeper } from '@wxa/release-worker';
import type { Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';

const PUSHES = byLength({ short: 22_000, long: 1_000_000 });
const OTHERS = 6_000;
const DAY_MS = 24 * 3_600_000;
const RETENTION = {
  queriesMs: DAY_MS,
  changesMs: 10 * DAY_MS,
  trailMs: 40 * DAY_MS,
  rolloutsMs: 40 * DAY_MS,
};

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
  await scratch.sql(
    `insert into audit_pushes (key, appid, push, received_at)
     select n::text, 'wx', json_build_object('reason', repeat('x', 500)), now() - interval '20 days'
     from generate_series(1, $1) n`,
    [PUSHES],
  );
  await scratch.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
     select gen_random_uuid(), 'wx', n, '', 'APPROVED', now() - interval '30 days', now() - interval '20 days'
     from generate_series(1, ${OTHERS}) n`,
  );
  await scratch.sql(
    `insert into trail (id, at, action, detail) select gen_random_uuid(), now() - interval '50 days', 'x', '{}'
     from generate_series(1, ${OTHERS})`,
  );
  await scratch.sql('vacuum analyze');
}, 600_000);
afterAll(() => scratch?.close());

/** A worker's sweeper that notes how long its deletes take, and what it reports. */
function sweeper(store: Store) {
  const seen = { slowestMs: 0, deleted: 0, failures: new Set<string>(), clean: [] as (Date | undefined)[] };
  const timed: ConstructorParameters<typeof Sweeper>[0] = {
    leases: store.leases,
    attachments: store.attachments,
    deleteOld: async (what, retention) => {
      const startedAt = performance.now();
      try {
        return await store.deleteOld(what, retention);
      } finally {
        seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAt);
      }
    },
  };
  const made = new Sweeper(timed, {
    retention: RETENTION,
    onDeleted: (_, rows) => {
      seen.deleted += rows;
    },
    onClean: (since) => seen.clean.push(since),
    onFailure: (error) => seen.failures.add(String(error)),
    onLease: () => undefined,
  });
  return { made, seen };
}

const left = async () => {
  const [row] = await scratch.sql<Record<'pushes' | 'audits' | 'trail', number>>(
    `select (select count(*)::int from audit_pushes) as pushes, (select count(*)::int from audits) as audits,
       (select count(*)::int from trail) as trail`,
  );
  return row;
};

it(`One of two workers deletes ${PUSHES} old callbacks in statements of less than 2 s, although the rows of another table cannot be deleted`, async () => {
  await scratch.sql(`create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'no audit may be deleted'; end $$`);
  await scratch.sql('create trigger refuse before delete on audits for each row execute function refuse()');
  const [first, second] = [sweeper(scratch.worker), sweeper(scratch.gateway)];
  await eventually(
    async () => {
      first.made.wakeUp();
      second.made.wakeUp();
      expect(await left()).toEqual({ pushes: 0, audits: OTHERS, trail: 0 });
    },
    byLength({ short: 20_000, long: 600_000 }),
  );
  await Promise.all([first.made.stop(), second.made.stop()]);
  const [holder, other] = [first.seen, second.seen].toSorted((a, b) => b.deleted - a.deleted);
  expect(holder?.slowestMs).toBeLessThan(2_000);
  expect([...(holder?.failures ?? [])]).toEqual(['error: no audit may be deleted']);
  expect([holder?.deleted, other?.deleted]).toEqual([PUSHES + OTHERS, 0]);
  expect([holder?.clean.at(-1), other?.clean.at(-1)]).toEqual([holder?.clean[0], undefined]);
}, 700_000);
