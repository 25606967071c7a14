import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { type CloudEvent, eventType, TOPICS } from '@wxa/contracts';
import type { Pool } from 'pg';
import { recordCallbacks } from './record-events.js';

const APPID = 'wx0123456789abcdef';
const event: CloudEvent = {
  ...{ topic: TOPICS.events, type: eventType('CodeCommand'), source: '/test', traceparent: 'trace' },
  ...{ id: '1.platform-event', appid: APPID, time: new Date(), value: '{}' },
};

/** A connection that pipelines, and ends before it has an answer to what follows `begin`. */
function breakingPool(): Pool {
  const query = async (given: unknown) => {
    if (given !== 'begin') throw Object.assign(new Error('the connection ended'), { code: '08006' });
  };
  const client = Object.assign(new EventEmitter(), { pipeline: true, query, release: () => undefined });
  return { connect: async () => client } as unknown as Pool;
}

it('A batch whose connection ends is rejected, and no rejection of its statements is left unhandled.', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const recorded = recordCallbacks(breakingPool(), [{ key: '1', appid: APPID, signature: null, event }]);
  await expect(recorded).rejects.toThrow('the connection ended');
  await setImmediate();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
