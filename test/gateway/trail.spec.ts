import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { refusalOf } from './calls.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { useOpenStore } from './scripted-worker.js';
import { authorized, rowsOf, trailActions } from './trail-actions.js';
import { useSharedGateway } from './use-gateway.js';

const KEY = Buffer.from(COMPONENT_SETTINGS.SECRETS_KEY, 'base64');
/** 王小明 */
const PERSON = { headers: { 'wxa-on-behalf-of': '%E7%8E%8B%E5%B0%8F%E6%98%8E' } };

const { backends, gateway, database } = useSharedGateway('component');
const store = useOpenStore(backends);
const ACTIONS = trailActions({ gateway, database, store, key: KEY });

describe.each(ACTIONS)('$action', ({ action, prepare, act }) => {
  it(`${action} leaves one row and one log line with the person on whose behalf the caller acts`, async () => {
    const subject = await prepare();
    await act(subject, PERSON);
    const rows = await rowsOf(database, action, subject);
    expect(rows).toMatchObject([
      { action, caller: null, on_behalf_of: '王小明', peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    ]);
    await act(subject, PERSON).catch(() => undefined);
    const { length } = await rowsOf(database, action, subject);
    // A second import is another accepted operation, and a second stop replaces the first.
    expect(length).toBe(['authorizer.imported', 'api.stopped'].includes(action) ? 2 : 1);
    await eventually(async () => {
      const lines = (await readFile(gateway.app.logFile, 'utf8')).split('\n');
      const audited = lines.filter((line) => line.includes(subject) && line.includes('"audit":true'));
      expect(audited).toHaveLength(length);
    });
  });
});

it('ListTrail with on_behalf_of has the rows of that person only', async () => {
  const labels = { labels: ['trail'] };
  const [own, other] = [await authorized(store(), KEY), await authorized(store(), KEY)];
  const person = { headers: { 'wxa-on-behalf-of': 'li' } };
  await gateway.rpc('setAuthorizerLabels', { appid: own, ...labels }, person);
  await gateway.rpc('setAuthorizerLabels', { appid: other, ...labels }, PERSON);
  const { rows } = await gateway.rpc('listTrail', { onBehalfOf: 'li' });
  expect(rows.map(({ appid, onBehalfOf }) => [appid, onBehalfOf])).toEqual([[own, 'li']]);
});

it('An operation shows the person on whose behalf it was accepted, and GetOperation its request', async () => {
  const appid = await authorized(store(), KEY);
  const undone = gateway.rpc('undoAudit', { appid, reason: '选错了类目' }, PERSON);
  const { id, requestId, ...accepted } = await undone;
  expect(accepted).toMatchObject({ onBehalfOf: '王小明', requestJson: '' });
  const found = await gateway.rpc('getOperation', { id, withRequest: true });
  expect(found.onBehalfOf).toBe('王小明');
  expect(JSON.parse(found.requestJson)).toEqual({ appid, requestId, reason: '选错了类目' });
});

it.each([
  ['is not UTF-8', '%ff'],
  ['is empty', ''],
  ['has a line break', 'a%0Ab'],
  ['has 201 characters', 'x'.repeat(201)],
])('A call whose wxa-on-behalf-of %s is rejected with INVALID_ARGUMENT, which names it', async (_, value) => {
  const appid = await authorized(store(), KEY);
  const headers = { 'wxa-on-behalf-of': value };
  const refused = await refusalOf(gateway.rpc('undoAudit', { appid }, { headers }));
  expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: ['wxa-on-behalf-of'] });
});
