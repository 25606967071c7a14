import { Secrets, type Store } from '@wxa/store';
import { newAppid } from '../appid.js';
import type { TestDatabase } from '../gateway/test-database.js';

const API = 'wxa/submit_audit';
const EVENT = 'quarantined.completed';
const base64 = (key: Buffer) => key.toString('base64');

const RECHECKED = newAppid();

/** A command that leaves a row in the trail. */
interface TrailCommand {
  action: string;
  /** Returns what the row is about. */
  prepare(): Promise<string>;
  args: string[];
  env: Record<string, string>;
  /** Rows that it leaves if it runs once more after it was killed; by default 1. */
  effects?: number;
}

/** What the commands act on. */
interface Context {
  database: TestDatabase;
  store(): Store;
  authorize(appid?: string): Promise<string>;
  keys: readonly [Buffer, Buffer];
}

export const trailCommands = ({ database, store, authorize, keys }: Context): TrailCommand[] => [
  {
    action: 'api.resumed',
    prepare: async () => {
      await store().limits.stop(API, 85085, 'used up');
      return API;
    },
    args: ['quota', 'lift', API],
    env: {},
  },
  {
    action: 'api.stopped',
    prepare: async () => API,
    args: ['quota', 'stop', API, '--until', '2999-01-01T00:00:00Z', '--reason', 'broken'],
    env: {},
    effects: 2,
  },
  {
    action: 'rate.changed',
    prepare: async () => API,
    args: ['quota', 'rate', API, '20'],
    env: {},
    effects: 2,
  },
  {
    action: 'events.released',
    prepare: async () => {
      await database.rows(
        `insert into outbox_refused (writer, id, topic, event_id, type, source, appid, time, traceparent, value, reason)
         values ('release-worker', 1, 'wxa.code.audits.v1', $1, 'wxa.code.v1.Test', 'test', '', now(), '', '{}', 'TOO_LARGE')`,
        [EVENT],
      );
      return EVENT;
    },
    args: ['outbox', 'release', EVENT],
    env: {},
  },
  {
    action: 'authorizers.rechecked',
    prepare: async () => {
      await authorize(RECHECKED);
      await database.rows(
        `update authorizers set state = 'NEEDS_AUTHORIZATION', last_error_at = now() where appid = $1`,
        [RECHECKED],
      );
      return RECHECKED;
    },
    args: ['authorizers', 'recheck', RECHECKED],
    env: {},
    effects: 2,
  },
  {
    action: 'secrets.rotated',
    prepare: async () => {
      await authorize();
      return new Secrets(keys[1]).keyId;
    },
    args: ['secrets', 'rotate'],
    env: { SECRETS_KEY: base64(keys[1]), SECRETS_KEY_PREVIOUS: base64(keys[0]) },
  },
];
