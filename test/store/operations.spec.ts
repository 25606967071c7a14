import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Claim, ClaimedOperation, NewOperation, SettlementWithAudits } from '@wxa/store';
import pg from 'pg';
import { eventually } from '../world.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

let apps = 0;
const anAppid = () => `wx${(apps++).toString(16).padStart(16, 'a')}`;
const claim = (id: string, leaseMs = 60_000, key = randomUUID()) =>
  scratch.worker.claim({ id, leaseMs, key });
const claimed = (answer: Claim): ClaimedOperation => {
  if (answer.kind !== 'claimed') throw new Error(`not claimed but ${answer.kind}`);
  return answer.operation;
};

function settlement(
  { id, appid, attempt }: ClaimedOperation,
  state: SettlementWithAudits['state'],
  given: Partial<SettlementWithAudits> = {},
): SettlementWithAudits {
  const final = state === 'SUCCEEDED' || state === 'FAILED';
  return {
    id,
    appid,
    attempt,
    state,
    calls: 1,
    endedAt: final ? new Date() : null,
    nextAttemptAt: state === 'RETRYING' ? new Date() : null,
    parked: false,
    error: null,
    result: null,
    event: state === 'RETRYING' ? null : event(appid, `${id}.completed`),
    mayHaveActed: false,
    askAt: null,
    auditEffect: null,
    ...given,
  };
}

const END_THE_WAITING = `
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'`;

async function acceptMany(count: number, appid: string) {
  const operations = Array.from({ length: count }, () => newOperation({ appid }));
  for (const operation of operations) await scratch.gateway.accept(operation);
  return operations.map(({ id }) => id);
}

describe('a file', () => {
  const MOST = 2_000_000;
  const kept = () => scratch.sql('select from audit_media');

  async function keptFor(operation: NewOperation, content = randomBytes(100)) {
    expect(await scratch.gateway.keepMedia(operation.id, content, MOST)).toBe(true);
    await scratch.gateway.accept(operation);
  }

  it('is read in slices while its operation is not done, and goes with its end', async () => {
    const [operation, content] = [newOperation({ appid: anAppid() }), randomBytes(1_200_000)];
    await keptFor(operation, content);
    const first = claimed(await claim(operation.id));
    await scratch.worker.settle(settlement(first, 'RETRYING'));
    const media = await scratch.worker.openMedia(operation.id);
    const slices: Uint8Array[] = [];
    for await (const slice of media?.stream() ?? []) slices.push(slice);
    expect([media?.size, slices.length, Buffer.concat(slices).equals(content)]).toEqual([1_200_000, 5, true]);
    const second = claimed(await claim(operation.id));
    await scratch.worker.settle(settlement(first, 'FAILED'));
    expect(await kept()).toHaveLength(1);
    await scratch.worker.settle(settlement(second, 'FAILED'));
    expect(await kept()).toEqual([]);
    expect(await scratch.worker.openMedia(operation.id)).toBeUndefined();
  });

  it('is not kept where all that wait would be too large', async () => {
    await keptFor(newOperation({ appid: anAppid() }));
    const id = randomUUID();
    expect(await scratch.gateway.keepMedia(id, Buffer.alloc(MOST - 99), MOST)).toBe(false);
    expect(await scratch.gateway.keepMedia(id, Buffer.alloc(MOST - 100), MOST)).toBe(true);
    await scratch.sql('delete from audit_media');
  });

  it('goes where its operation was cancelled, or never accepted', async () => {
    const [cancelled, waiting] = [newOperation({ appid: anAppid() }), newOperation({ appid: anAppid() })];
    await keptFor(cancelled);
    await keptFor(waiting);
    const [before, justBefore] = [randomUUID(), randomUUID()];
    for (const id of [before, justBefore]) await scratch.gateway.keepMedia(id, randomBytes(1), MOST);
    await scratch.sql(`update audit_media set kept_at = now() - interval '11 min' where operation_id <> $1`, [
      justBefore,
    ]);
    await scratch.gateway.cancel(cancelled.id, () => event(cancelled.appid, randomUUID()));
    await scratch.worker.deleteOldMedia();
    const left = await scratch.sql<{ operation_id: string }>('select operation_id from audit_media');
    expect(left.map(({ operation_id }) => operation_id).sort()).toEqual([waiting.id, justBefore].sort());
  });
});

describe('accept', () => {
  it('makes an operation and its command durable together', async () => {
    await scratch.sql('delete from outbox');
    const operation = newOperation({ appid: anAppid() });
    const { id, command } = operation;
    const accepted = await scratch.gateway.accept(operation);
    const events = await scratch.sql<{ id: string; event_id: string }>(
      'select id, event_id from outbox where appid = $1',
      [operation.appid],
    );
    expect(events).toEqual([{ id: expect.any(String), event_id: command.id }]);
    expect(accepted).toEqual({ kind: 'accepted', id, outboxId: events[0]?.id });
  });

  it('does not tell where its command is while something waits that another wrote', async () => {
    await scratch.sql('delete from outbox');
    await scratch.gateway.accept(newOperation({ appid: anAppid() }));
    await scratch.sql('update outbox set written_by = null');
    expect(await scratch.gateway.accept(newOperation({ appid: anAppid() }))).toMatchObject({
      outboxId: null,
    });
  });

  it('knows a repeat from a reuse of a request_id', async () => {
    const first = newOperation({ appid: anAppid(), requestId: 'r-1' });
    await scratch.gateway.accept(first);
    const repeat = newOperation({ appid: first.appid, requestId: 'r-1' });
    expect(await scratch.gateway.accept(repeat)).toEqual({ kind: 'repeated', id: first.id });
    const reuse = newOperation({ appid: first.appid, requestId: 'r-1', requestHash: Buffer.from('other') });
    expect(await scratch.gateway.accept(reuse)).toEqual({ kind: 'reused', id: first.id });
    const other = newOperation({ appid: anAppid(), requestId: 'r-1' });
    expect(await scratch.gateway.accept(other)).toMatchObject({ kind: 'accepted', id: other.id });
  });

  it('accepts one of 50 concurrent equal requests, in one batch or in two processes', async () => {
    const appid = anAppid();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? scratch.gateway : scratch.worker).accept(newOperation({ appid, requestId: 'same' })),
      ),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(await scratch.sql('select from outbox where appid = $1', [appid])).toHaveLength(1);
  });

  it('keeps the order in which one process accepts', async () => {
    const appid = anAppid();
    const operations = Array.from({ length: 500 }, () => newOperation({ appid }));
    await Promise.all(operations.map((operation) => scratch.gateway.accept(operation)));
    const rows = await scratch.sql<{ id: string }>(
      'select id from operations where appid = $1 order by seq',
      [appid],
    );
    expect(rows.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
    const sent = await scratch.sql<{ event_id: string }>(
      'select event_id from outbox where appid = $1 order by id',
      [appid],
    );
    expect(sent.map(({ event_id }) => event_id)).toEqual(operations.map(({ command }) => command.id));
  });
});

describe('claim', () => {
  it('gives an operation to one of many that ask', async () => {
    const [id = ''] = await acceptMany(1, anAppid());
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => scratch.gateway.claim({ id, leaseMs: 60_000, key: randomUUID() })),
    );
    expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'wait')).toHaveLength(19);
  });

  it('claims again for the same key, because its answer was lost', async () => {
    const [id = ''] = await acceptMany(1, anAppid());
    const key = randomUUID();
    expect(claimed(await claim(id, 60_000, key)).attempt).toBe(1);
    expect(claimed(await claim(id, 60_000, key)).attempt).toBe(2);
  });

  it('calls a change with a dead lease lapsed, and claims a query anew', async () => {
    const appid = anAppid();
    const [change = ''] = await acceptMany(1, appid);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.accept(query);
    for (const id of [change, query.id]) claimed(await claim(id, 1));
    await scratch.sql('select pg_sleep(0.005)');
    expect((await claim(change)).kind).toBe('lapsed');
    expect(claimed(await claim(query.id)).attempt).toBe(2);
  });

  it('never has two changes of a mini-program begun, whatever is asked in whatever order', async () => {
    const appid = anAppid();
    const ids = await acceptMany(30, appid);
    const done: string[] = [];
    while (done.length < ids.length) {
      const shuffled = ids.filter((id) => !done.includes(id)).sort(() => Math.random() - 0.5);
      const answers = await Promise.all(
        shuffled.map((id, i) =>
          (i % 2 ? scratch.gateway : scratch.worker).claim({ id, leaseMs: 60_000, key: randomUUID() }),
        ),
      );
      const begun = answers.flatMap((answer) => (answer.kind === 'claimed' ? [answer.operation] : []));
      expect(begun).toHaveLength(1);
      for (const operation of begun) {
        await scratch.worker.settle(settlement(operation, 'SUCCEEDED'));
        done.push(operation.id);
      }
      await scratch.worker.requeue((operation) => event(appid, operation.id));
    }
    expect(done).toEqual(ids);
  });

  it('does not know what is not there', async () => {
    expect(await claim(randomUUID())).toEqual({ kind: 'unknown' });
  });
});

describe('settle', () => {
  it('writes the row and its event together, once', async () => {
    await scratch.sql('delete from outbox');
    const [id = ''] = await acceptMany(1, anAppid());
    const operation = claimed(await claim(id));
    const done = settlement(operation, 'SUCCEEDED', { result: '{"auditId":"9007199254740993"}' });
    const settled = await scratch.worker.settle(done);
    expect(await scratch.worker.settle(done)).toEqual({ kind: 'lost', awaited: false, outboxId: null });
    const events = await scratch.sql<{ id: string }>('select id from outbox where event_id = $1', [
      `${id}.completed`,
    ]);
    expect(events).toHaveLength(1);
    expect(settled).toEqual({ kind: 'settled', awaited: false, outboxId: events[0]?.id });
    const row = await scratch.gateway.findOperation(id);
    expect(row).toMatchObject({ state: 'SUCCEEDED', calls: 1, result: { auditId: '9007199254740993' } });
    expect((await claim(id)).kind).toBe('finished');
  });

  it('does not tell where its event is while something waits that another wrote', async () => {
    await scratch.sql('delete from outbox');
    const [one = ''] = await acceptMany(1, anAppid());
    const [other = ''] = await acceptMany(1, anAppid());
    await scratch.worker.settle(settlement(claimed(await claim(one)), 'SUCCEEDED'));
    await scratch.sql(`update outbox set written_by = null where writer = 'release-worker'`);
    const settled = await scratch.worker.settle(settlement(claimed(await claim(other)), 'SUCCEEDED'));
    expect(settled).toMatchObject({ kind: 'settled', outboxId: null });
  });

  it('keeps a late writer out', async () => {
    const [id = ''] = await acceptMany(1, anAppid());
    const first = claimed(await claim(id));
    await scratch.worker.settle(settlement(first, 'RETRYING'));
    const second = claimed(await claim(id));
    expect(await scratch.worker.settle(settlement(first, 'FAILED'))).toMatchObject({ kind: 'lost' });
    expect(await scratch.worker.settle(settlement(second, 'SUCCEEDED'))).toMatchObject({ kind: 'settled' });
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.completed`])).toHaveLength(1);
  });
});

describe('settle and claim', () => {
  const link = (operation: ClaimedOperation, id: string) => ({
    settlement: settlement(operation, 'SUCCEEDED'),
    claim: { id, leaseMs: 60_000, key: randomUUID() },
  });

  it('lets the next change of a mini-program begin with the end of the one before', async () => {
    const appids = Array.from({ length: 20 }, anAppid);
    const pairs = await Promise.all(appids.map((appid) => acceptMany(2, appid)));
    await Promise.all(
      pairs.map(async ([first = '', second = '']) => {
        const operation = claimed(await claim(first));
        const { settled, claim: next } = await scratch.worker.settleAndClaim(link(operation, second));
        expect(settled).toMatchObject({ kind: 'settled', awaited: false });
        expect(claimed(next)).toMatchObject({ id: second, attempt: 1, state: 'RUNNING' });
      }),
    );
  });

  it('keeps the next back where the end of the one before is a late writer', async () => {
    const [first = '', second = ''] = await acceptMany(2, anAppid());
    const stale = claimed(await claim(first));
    await scratch.worker.settle(settlement(stale, 'RETRYING'));
    claimed(await claim(first));
    const { settled, claim: next } = await scratch.worker.settleAndClaim(link(stale, second));
    expect([settled.kind, next.kind]).toEqual(['lost', 'blocked']);
  });

  it('does neither where one of both is refused', async () => {
    const [first = '', second = ''] = await acceptMany(2, anAppid());
    const operation = claimed(await claim(first));
    const refused = link(operation, second);
    refused.settlement.result = 'no JSON';
    await expect(scratch.worker.settleAndClaim(refused)).rejects.toThrow('json');
    const rows = await scratch.gateway.findOperations([first, second]);
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['RUNNING', 'QUEUED']));
  });

  it('does neither where the connection ends in the middle, and both when asked again', async () => {
    const [first = '', second = ''] = await acceptMany(2, anAppid());
    const both = link(claimed(await claim(first)), second);
    const holder = new pg.Client({ connectionString: scratch.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from operations where id = $1 for update', [second]);
    const failed = expect(scratch.worker.settleAndClaim(both)).rejects.toThrow('terminating connection');
    await eventually(async () => (await scratch.sql(END_THE_WAITING)).length > 0);
    await failed;
    await holder.end();
    const { settled, claim: next } = await scratch.worker.settleAndClaim(both);
    expect([settled.kind, next.kind]).toEqual(['settled', 'claimed']);
  });
});

describe('a deadline that begins anew', () => {
  it('does so with the next claim, but not where an earlier try may have acted', async () => {
    for (const mayHaveActed of [false, true]) {
      const [id = ''] = await acceptMany(1, anAppid());
      const busy = settlement(claimed(await claim(id)), 'RETRYING', { mayHaveActed });
      await scratch.worker.settle(busy);
      const first = claimed(await claim(id));
      await scratch.worker.settle(settlement(first, 'RETRYING', { startsAnew: true }));
      const next = claimed(await claim(id));
      expect(next.startedAt?.getTime() === first.startedAt?.getTime()).toBe(mayHaveActed);
    }
  });
});

describe('parked operations', () => {
  it('come back when they are due, once', async () => {
    const appid = anAppid();
    const [id = ''] = await acceptMany(1, appid);
    const operation = claimed(await claim(id));
    await scratch.worker.settle(settlement(operation, 'RETRYING', { parked: true }));
    expect((await claim(id)).kind).toBe('parked');
    const requeue = () => scratch.worker.requeue((o) => event(o.appid, `${o.id}.command.${o.attempt}`));
    const counts = await Promise.all([requeue(), requeue()]);
    expect(counts.reduce((a, b) => a + b)).toBe(1);
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.command.1`])).toHaveLength(1);
    expect(claimed(await claim(id)).attempt).toBe(2);
  });

  it('wait for the change in doubt before them, by name, and come back in order when it ends', async () => {
    const appid = anAppid();
    const [doubtful = '', second = '', third = ''] = await acceptMany(3, appid);
    await scratch.worker.settle(settlement(claimed(await claim(doubtful)), 'IN_DOUBT'));
    for (const id of [third, second]) {
      expect(await claim(id)).toMatchObject({ kind: 'blocked' });
      expect(await scratch.gateway.findOperation(id)).toMatchObject({ state: 'QUEUED', blockedBy: doubtful });
    }
    expect(await scratch.worker.requeue((o) => event(o.appid, o.id))).toBe(0);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.accept(query);
    claimed(await claim(query.id));
    const resolved = await scratch.gateway.resolve(
      { id: doubtful, resolvedBy: 'a person', reason: 'looked' },
      () => ({ state: 'FAILED', error: '{}', result: null, auditEffect: null }),
      (o) => event(o.appid, `${o.id}.completed`),
    );
    expect(resolved).toMatchObject({ kind: 'resolved', operation: { state: 'FAILED' } });
    const order: string[] = [];
    expect(
      await scratch.worker.requeue((o) => {
        order.push(o.id);
        return event(o.appid, o.id);
      }),
    ).toBe(2);
    expect(order).toEqual([second, third]);
    expect((await claim(third)).kind).toBe('blocked');
    claimed(await claim(second));
  });

  it('are told to the one who ends what they wait for', async () => {
    const [first = '', second = ''] = await acceptMany(2, anAppid());
    const operation = claimed(await claim(first));
    expect((await claim(second)).kind).toBe('blocked');
    expect(await scratch.worker.settle(settlement(operation, 'FAILED'))).toMatchObject({
      kind: 'settled',
      awaited: true,
    });
  });
});

describe('operations whose command was lost', () => {
  it('are published again once nobody has touched them for long, the first change of a mini-program only', async () => {
    const appid = anAppid();
    const [first = '', second = ''] = await acceptMany(2, appid);
    const query = newOperation({ appid, method: 'ListPages', isChange: false });
    await scratch.gateway.accept(query);
    const found: string[] = [];
    const look = () =>
      scratch.worker.requeueLost((o) => {
        if (o.appid === appid) found.push(o.id);
        return event(o.appid, o.id);
      }, 60_000);
    await look();
    expect(found).toEqual([]);
    await scratch.sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, [
      appid,
    ]);
    await look();
    expect(found).toEqual([first, query.id]);
    await look();
    expect(found).toHaveLength(2);
    await scratch.worker.settle(settlement(claimed(await claim(first)), 'SUCCEEDED'));
    await look();
    expect(found.at(-1)).toBe(second);
  });

  it('are left alone while they are parked or in doubt', async () => {
    const appid = anAppid();
    const [doubtful = '', blocked = ''] = await acceptMany(2, appid);
    await scratch.worker.settle(settlement(claimed(await claim(doubtful)), 'IN_DOUBT'));
    await claim(blocked);
    await scratch.sql(`update operations set updated_at = now() - interval '2 minutes' where appid = $1`, [
      appid,
    ]);
    const found: string[] = [];
    await scratch.worker.requeueLost((o) => {
      found.push(o.id);
      return event(o.appid, o.id);
    }, 60_000);
    expect(found).not.toContain(doubtful);
    expect(found).not.toContain(blocked);
  });
});

describe('cancel', () => {
  const cancel = (id: string) => scratch.gateway.cancel(id, (o) => event(o.appid, `${o.id}.cancelled`));

  it('ends what was never sent, publishes that, and answers a repeat alike', async () => {
    const [id = ''] = await acceptMany(1, anAppid());
    expect(await cancel(id)).toMatchObject({ kind: 'cancelled', operation: { state: 'CANCELLED' } });
    expect(await cancel(id)).toMatchObject({ kind: 'already-cancelled' });
    expect((await claim(id)).kind).toBe('finished');
    expect(await scratch.sql('select from outbox where event_id = $1', [`${id}.cancelled`])).toHaveLength(1);
  });

  it('is too late for what runs, was sent, or is final', async () => {
    const [id = ''] = await acceptMany(1, anAppid());
    const operation = claimed(await claim(id));
    expect((await cancel(id)).kind).toBe('too-late');
    await scratch.worker.settle(settlement(operation, 'RETRYING'));
    expect((await cancel(id)).kind).toBe('too-late');
    expect((await cancel(randomUUID())).kind).toBe('unknown');
  });
});
