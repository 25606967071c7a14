import { describe, expect, it } from '@jest/globals';
import { type AuditItem, SubmitAuditRequest } from '@wxa/contracts';
import type { AuditStatus } from '@wxa/wxa-client';
import { violationsBy } from '../checks.js';
import { audit, concluded, latestAuditIs, rejects, snapshotOf } from '../fixtures/wechat.js';
import { submitAudit } from './submit-audit.js';

describe('SubmitAudit, reconciled', () => {
  const check = async (before: AuditStatus | undefined | null, latest: AuditStatus | undefined) => {
    const snapshot = before === null ? null : await snapshotOf(submitAudit, latestAuditIs(before));
    const committedVersion = async () => '2.0';
    return concluded(submitAudit, { snapshot }, latestAuditIs(latest), { committedVersion });
  };
  const rejected = audit(7n, 'REJECTED');

  it.each<[string, AuditStatus | undefined | null, AuditStatus | undefined, string]>([
    ['a new audit of the committed version exists', rejected, audit(8n), 'executed'],
    ['the first audit exists', undefined, audit(1n), 'executed'],
    ['the latest audit is that of the snapshot', rejected, audit(7n), 'not-executed'],
    ['no audit exists, as in the snapshot', undefined, undefined, 'not-executed'],
    ['a new audit of another version exists', rejected, audit(8n, 'PENDING', '9.9'), 'inconclusive'],
    ['a new audit without a version exists', rejected, audit(8n, 'PENDING', ''), 'executed'],
    ['there is no snapshot', null, audit(8n), 'inconclusive'],
  ])('If %s, the submission is %s.', async (...[, before, latest, kind]) => {
    expect(await check(before, latest)).toMatchObject({ kind });
  });

  it.each([85058, 85012, 86001])(
    'If the snapshot read is rejected with %i, there was no audit.',
    async (code) => {
      const snapshot = await snapshotOf(submitAudit, { getLatestAuditStatus: rejects(code) });
      expect(await concluded(submitAudit, { snapshot }, latestAuditIs(audit(1n)))).toMatchObject({
        kind: 'executed',
      });
    },
  );

  it('A new audit of the expected version is that of the submission, whatever was committed through this service.', async () => {
    const request = SubmitAuditRequest.fromPartial({ expectedUserVersion: '2.0' });
    const snapshot = await snapshotOf(submitAudit, latestAuditIs(rejected));
    const more = { committedVersion: async () => '1.0' };
    const conclude = (version: string) =>
      concluded(submitAudit, { request, snapshot }, latestAuditIs(audit(8n, 'PENDING', version)), more);
    const kinds = await Promise.all(['2.0', '1.0'].map(conclude));
    expect(kinds).toMatchObject([{ kind: 'executed' }, { kind: 'inconclusive' }]);
  });

  it('The audit id of an executed submission is exact beyond 2^53.', async () => {
    const result = { auditId: 9007199254740993n };
    expect(await check(rejected, audit(9007199254740993n))).toEqual({ kind: 'executed', result });
  });
});

describe('SubmitAuditRequest', () => {
  const item = { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 };
  const of = (more: Partial<AuditItem>) => ({ items: [{ ...item, ...more }] });
  const violations = (request: object) =>
    violationsBy(submitAudit.validate, SubmitAuditRequest.fromJSON({ items: [item], ...request }));
  const ten = Array(10).fill('标'.repeat(20)).join(' ');
  const desc = (length: number) => ({ otherSceneDesc: '言'.repeat(length), auditDesc: '🎉'.repeat(length) });

  it.each<[string, object]>([
    ['5 items', { items: Array(5).fill(item) }],
    ['10 tags of 20 characters', of({ tag: `  ${ten}  ` })],
    ['a tag of 20 emoji', of({ tag: '🎉'.repeat(20) })],
    ['a title of 32 characters', of({ title: '题🎉'.repeat(16) })],
    ['a third level of category', of({ thirdClass: '高等', thirdId: 5 })],
    ['feedback of 200 characters', { feedbackInfo: '言'.repeat(200) }],
    ['5 media ids', { feedbackMediaIds: Array(5).fill('m') }],
    ['a version of 64 characters', { expectedUserVersion: '版'.repeat(64) }],
    ['a UGC declaration with texts of 256 characters', { ugcDeclaration: { scenes: [0], ...desc(256) } }],
  ])('A submission may have %s.', (_what, request) => {
    expect(violations(request)).toEqual([]);
  });

  it.each<[string, object, ...string[]]>([
    ['no items', { items: [] }, 'items'],
    ['6 items', { items: Array(6).fill(item) }, 'items'],
    ['6 items, of which only 5 are checked', { items: [...Array(5).fill(item), {}] }, 'items'],
    ['11 tags', of({ tag: `${ten} x` }), 'tag'],
    ['a tag of 21 emoji', of({ tag: '🎉'.repeat(21) }), 'tag'],
    ['11 tags, one of 21 characters', of({ tag: `${ten} ${'x'.repeat(21)}` }), 'tag', 'tag'],
    ['a title of 33 characters', of({ title: '题'.repeat(33) }), 'title'],
    ['an item without a category', { items: [{}] }, 'first_class', 'first_id', 'second_class', 'second_id'],
    ['a negative category id', of({ thirdId: -1 }), 'third_id'],
    ['feedback of 201 characters', { feedbackInfo: '言'.repeat(201) }, 'feedback_info'],
    ['6 media ids', { feedbackMediaIds: Array(6).fill('m') }, 'feedback_media_ids'],
    ['an empty media id', { feedbackMediaIds: ['m', ''] }, 'feedback_media_ids[1]'],
    ['a bar in a media id', { feedbackMediaIds: ['a|b'] }, 'feedback_media_ids[0]'],
    ['a line break in a media id', { feedbackMediaIds: ['a\n'] }, 'feedback_media_ids[0]'],
    ['a version of 65 characters', { expectedUserVersion: 'v'.repeat(65) }, 'expected_user_version'],
    ['a control character in a preview id', { preview: { videoIds: ['a\u0000'] } }, 'preview'],
    ['negative scenes', { ugcDeclaration: { scenes: [0, -1] } }, 'ugc_declaration.scenes[1]'],
    ['negative methods', { ugcDeclaration: { methods: [-1] } }, 'ugc_declaration.methods[0]'],
    [
      'a long description',
      { ugcDeclaration: { auditDesc: desc(257).auditDesc } },
      'ugc_declaration.audit_desc',
    ],
    [
      'a long description of another scene',
      { ugcDeclaration: { otherSceneDesc: desc(257).otherSceneDesc } },
      'ugc_declaration.other_scene_desc',
    ],
  ])('A submission may not have %s.', (...[, request, ...expected]) => {
    const fields = violations(request).map(({ field }) => field.replace(/^items\[0\]\./, ''));
    expect(fields).toEqual(expected);
  });

  it('Only the first 100 tags of a tag text are read.', () => {
    const description = 'must be at most 10 tags, has 100 or more';
    expect(violations(of({ tag: 'a '.repeat(500_000) }))).toMatchObject([
      { field: 'items[0].tag', description },
    ]);
  });
});
