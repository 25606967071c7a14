import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuditCompleted,
  AuditDelayed,
  CodeCommand,
  FINAL_STATES,
  OperationCompleted,
  OperationInDoubt,
  type OperationStateName,
  TOPICS,
} from '@wxa/contracts';
import { type Folder, temporaryFolder } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { unary, World } from '../world.js';
import { wxa } from '../wxa.js';
import {
  fixture,
  PLATFORM,
  type RecordedMessage,
  recordedMessages,
  recordedVersions,
} from './recorded-release.js';

/** No row may be deleted because the fixture is old. */
const CENTURY_MS = '3155760000000';
const MESSAGES = { CodeCommand, OperationCompleted, OperationInDoubt, AuditCompleted, AuditDelayed };

const typeOf = ({ headers }: RecordedMessage) =>
  headers.ce_type?.replace('wxa.code.v1.', '') as keyof typeof MESSAGES;

describe.each(recordedVersions())('version %s', (version) => {
  let folder: Folder;
  let world: World;
  let messages: RecordedMessage[];
  beforeAll(async () => {
    folder = await temporaryFolder('upgrade');
    const state = join(folder.path, 'simulator.json');
    await copyFile(fixture(version, 'simulator'), state);
    messages = await recordedMessages(version);
    world = await World.start({
      dump: await readFile(fixture(version, 'dump'), 'utf8'),
      env: {
        ...PLATFORM,
        WECHAT_TOKEN_SOURCE: 'component',
        SIM_STATE_FILE: state,
        QUERY_RETENTION_MS: CENTURY_MS,
        CHANGE_RETENTION_MS: CENTURY_MS,
        TRAIL_RETENTION_MS: CENTURY_MS,
      },
    });
  });
  afterAll(async () => {
    await world?.stop();
    await folder?.release();
  });

  it('Every recorded message is decoded without loss', () => {
    for (const message of messages.filter(({ headers }) => headers.ce_type !== undefined)) {
      const json = JSON.parse(message.value) as object;
      const codec = MESSAGES[typeOf(message)];
      expect(codec.toJSON(codec.fromJSON(json) as never)).toEqual(json);
    }
  });

  it('After the migration every operation ends, and no recorded message is dead-lettered', async () => {
    const recorded = await states();
    for (const topic of Object.values(TOPICS))
      await world.produce(
        topic,
        messages.filter((message) => message.topic === topic),
      );
    // The recorded stop ended with the month in which it was recorded.
    await world.sql(`update api_limits set stopped_until = now() + interval '1 hour'`);
    await wxa(['quota', 'lift', 'wxa/submit_audit'], { DATABASE_URL: world.stack.addresses.postgres });
    await eventually(endAll(world));
    for (const [id, state] of recorded.filter(([, state]) => FINAL_STATES.includes(state)))
      expect(await world.get(id)).toMatchObject({ state: `OPERATION_STATE_${state}` });
    // The message that is no command, as recorded and as read again.
    const letters = messages.filter(({ topic }) => topic === TOPICS.deadLetters).length;
    await eventually(
      () => world.seen.filter(({ topic }) => topic === TOPICS.deadLetters).length === 2 * letters,
    );
  });

  async function states(): Promise<[id: string, state: OperationStateName][]> {
    const rows = await world.sql<{ id: string; state: OperationStateName }>(
      'select id, state from operations',
    );
    return rows.map(({ id, state }) => [id, state]);
  }
});

/** Resolves operations that need an operator; returns whether all have ended. */
function endAll(world: World): () => Promise<boolean> {
  const author = { resolvedBy: 'me', reason: 'upgrade', auditId: 0n };
  return async () => {
    const open = await world.sql<{ id: string; needs_operator: boolean }>(
      `select id, state = 'IN_DOUBT' and ask_at is null as needs_operator from operations where ended_at is null`,
    );
    for (const { id, needs_operator } of open)
      if (needs_operator)
        await unary(world.operations, 'resolveOperation', {
          id,
          resolution: 'RESOLUTION_NOT_DONE',
          ...author,
        });
    return open.length === 0;
  };
}
