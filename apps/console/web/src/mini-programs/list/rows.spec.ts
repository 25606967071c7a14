import { expect, it } from '@jest/globals';
import type { MiniProgram } from '../types.js';
import { byName, csvOf, EXPORTED, lastChangeOf, openItems } from './rows.js';

const item = (name: string, state: string, acts: string) => ({
  item: `READINESS_ITEM_TYPE_${name}`,
  state: `READINESS_STATE_${state}`,
  acts: `PARTY_${acts}`,
});
const ONE = {
  appid: 'wx0000000000000001',
  name: '=HYPERLINK("x")',
  labels: ['餐饮', '活跃'],
  authorization: 'AUTHORIZER_STATE_AUTHORIZED',
  grayPercentage: 30,
  live: { userVersion: '1.0', releaseTime: '2026-11-02T00:00:00.000Z', isForeign: true },
  trial: { userVersion: '2.0', commitTime: '2026-11-03T00:00:00.000Z' },
  readiness: {
    ready: false,
    items: [
      item('FILING', 'MISSING', 'OWNER'),
      item('DOMAINS', 'PENDING', 'SERVICE'),
      item('CATEGORY', 'OK', 'UNSPECIFIED'),
    ],
  },
} as unknown as MiniProgram;

it('The last change is the latest of all times, and versions are ordered as numbers.', () => {
  expect(lastChangeOf(ONE)).toBe('2026-11-03T00:00:00.000Z');
  expect(['2.10.0', '2.9.1', '1.0'].toSorted(byName)).toEqual(['1.0', '2.9.1', '2.10.0']);
});

it('What this service does itself with the next release prevents nothing.', () => {
  expect(openItems(ONE).map(({ item }) => item)).toEqual(['READINESS_ITEM_TYPE_FILING']);
});

it('An exported row has its names without prefixes, quoted where needed, and no formula.', () => {
  const { name, auditState, missing, foreign } = EXPORTED;
  expect([auditState, missing, foreign].map((of) => of(ONE))).toEqual(['', 'FILING:OWNER', 'yes']);
  expect(csvOf(['name', 'note'], [[name(ONE), 'a,b']])).toBe(
    '\uFEFFname,note\r\n"\'=HYPERLINK(""x"")","a,b"\r\n',
  );
});
