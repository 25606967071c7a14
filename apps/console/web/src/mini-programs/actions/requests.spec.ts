import { expect, it } from '@jest/globals';
import { requestOf, type Seen } from './requests.js';

const IDS = { appid: 'wx0000000000000001', requestId: 'r' };
const { requestId } = IDS;
const SEEN = {
  appid: IDS.appid,
  live: { userVersion: '1.0' },
  audit: { auditId: '7', userVersion: '2.0' },
  trial: { userVersion: '2.1' },
} as Seen;

it('A release happens only if what was seen is still the approved version, and a revert only from the version that was live.', () => {
  const expected = { expectedAuditId: '7', expectedUserVersion: '2.0' };
  expect(requestOf('release', SEEN, { requestId })).toEqual({ ...IDS, ...expected });
  const gray = { percentage: 30, supportDebuggerFirst: true };
  expect(requestOf('grayRelease', SEEN, { requestId, ...gray })).toEqual({ ...IDS, ...expected, ...gray });
  const revert = requestOf('revert', SEEN, { requestId, appVersion: '3' });
  expect(revert).toEqual({ ...IDS, appVersion: '3', expectedUserVersion: '1.0' });
});

it('A submission has the categories of its items, the media only if some were given, and the version that was seen.', () => {
  const category = JSON.stringify({ firstClass: '教育', firstId: 1, secondClass: '在线', secondId: 2 });
  const items = [{ address: 'a/b', category, title: '首页' }];
  const preview = { pictureIds: ['p1', 'p2'] };
  expect(requestOf('submitAudit', SEEN, { requestId, items, preview })).toEqual({
    ...IDS,
    items: [
      { address: 'a/b', title: '首页', firstClass: '教育', firstId: 1, secondClass: '在线', secondId: 2 },
    ],
    preview,
    waitForPrivacyCheck: true,
    expectedUserVersion: '2.1',
  });
  const without = requestOf('submitAudit', SEEN, { items, preview: { pictureIds: [] } });
  expect(without).not.toHaveProperty('preview');
});

it('A commit sends no ext.json if none was given.', () => {
  const given = { templateId: '0', userVersion: '1.0', extJson: ' ' };
  expect(requestOf('commit', SEEN, given)).not.toHaveProperty('extJson');
  expect(requestOf('commit', SEEN, { ...given, extJson: '{}' })).toMatchObject({ extJson: '{}' });
});
