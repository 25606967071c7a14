import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call } from './calls.js';
import { useGateway } from './use-gateway.js';

const { gateway, database } = useGateway();

describe('large commands', () => {
  it('22 commands that together exceed a Kafka message are all published', async () => {
    const commit = (kilobytes: number) =>
      call(gateway.code, gateway.code.commit, {
        ...CommitRequest.create(),
        appid: 'wx00000000000000e1',
        templateId: 1n,
        userVersion: 'V1',
        userDesc: 'x'.repeat(kilobytes * 1024),
      });
    await Promise.all([767, 700, ...Array(20).fill(200)].map(commit));
    const waiting = () => database.rows('select event_id from outbox');
    await eventually(async () => (await waiting()).length === 0, 20_000);
    expect(await database.rows('select count(*)::int as n from operations')).toEqual([{ n: 22 }]);
  }, 40_000);
});
