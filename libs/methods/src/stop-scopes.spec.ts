import { expect, it } from '@jest/globals';
import { METHODS, type Method } from '@wxa/contracts';
import { apisIn, ROOMS } from './index.js';

const UNDO = (['ChangeVisitStatus', 'RevertRelease', 'RevertGrayRelease', 'UndoAudit'] as const).map(
  (method) => ROOMS[method].api,
);

it('Forward changes are all changes but those that undo others', () => {
  const all = apisIn('ALL_CHANGES');
  expect(apisIn('UNDO_CHANGES')).toEqual(UNDO);
  expect([...apisIn('FORWARD_CHANGES'), ...UNDO].toSorted()).toEqual(all);
  expect(apisIn('FORWARD_CHANGES')).toEqual(
    expect.arrayContaining(['wxa/commit', 'wxa/submit_audit', 'wxa/release', 'Calls/ChangeWechat']),
  );
});

it('A scope has the API of a query only where WeChat reads and writes under one path', () => {
  const queries = (Object.keys(METHODS) as Method[]).filter((method) => METHODS[method].kind === 'query');
  const apis = queries.map((method): string => ROOMS[method].api).filter((api) => api !== '');
  const shared = ['cgi-bin/component/modify_wxa_server_domain', 'wxa/revertcoderelease'];
  expect(apisIn('ALL_CHANGES').filter((api) => apis.includes(api))).toEqual(shared);
});
