import { describe, expect, it } from '@jest/globals';
import { type AuditItem, SubmitAuditRequest } from '@wxa/contracts';
import type { AuditStatus } from '@wxa/wxa-client';
import { violationsBy } from '../checks.js';
import { audit, concluded, invalidFields, latestAuditIs, snapshotOf } from '../fixtures/wechat.js';
import { submitAudit } from './submit-audit.js';

describe('SubmitAudit, reconciled', () => {
  const check = async (
    before: AuditStatus | undefined | null,
    latest: AuditStatus | undefined,
    version = '2.0',
  ) => {
    const snapshot = before === null ? null : await snapshotOf(submitAudit, latestAuditIs(before));
    return concluded(submitAudit, { snapshot }, latestAuditIs(latest), {
      committedVersion: async () => version,
    });
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

  it('A new audit of the expected version is that of the submission, whatever was committed through this service.', async () => {
    const request = SubmitAuditRequest.fromPartial({ expectedUserVersion: '2.0' });
    const snapshot = await snapshotOf(submitAudit, latestAuditIs(rejected));
    const kinds = await Promise.all(
      ['2.0', '1.0'].map((version) =>
        concluded(submitAudit, { request, snapshot }, latestAuditIs(audit(8n, 'PENDING', version)), {
          committedVersion: async () => '1.0',
        }),
      ),
    );
    expect(kinds).toMatchObject([{ kind: 'executed' }, { kind: 'inconclusive' }]);
  });

  it('The audit id of an executed submission is exact beyond 2^53.', async () => {
    expect(await check(rejected, audit(9007199254740993n), '')).toEqual({
      kind: 'executed',
      result: { auditId: 9007199254740993n },
    });
  });
});

describe('SubmitAuditRequest', () => {
  const item = { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 };
  const fields = (request: object) =>
    invalidFields(submitAudit, SubmitAuditRequest.fromJSON({ items: [item], ...request }));
  const itemFields = (more: Partial<AuditItem>) => fields({ items: [{ ...item, ...more }] });

  it('SubmitAudit requires 1 to 5 items.', () => {
    expect(fields({ items: [] })).toEqual(['items']);
    expect(fields({ items: Array(5).fill(item) })).toEqual([]);
    expect(fields({ items: Array(6).fill(item) })).toEqual(['items']);
    expect(fields({ items: [...Array(5).fill(item), {}] })).toEqual(['items']);
  });

  it('An item has at most 10 tags of at most 20 characters.', () => {
    const ten = Array(10).fill('标'.repeat(20)).join(' ');
    expect(itemFields({ tag: ten })).toEqual([]);
    expect(itemFields({ tag: `  ${ten}  ` })).toEqual([]);
    expect(itemFields({ tag: `${ten} x` })).toEqual(['items[0].tag']);
    expect(itemFields({ tag: '🎉'.repeat(20) })).toEqual([]);
    expect(itemFields({ tag: '🎉'.repeat(21) })).toEqual(['items[0].tag']);
    expect(itemFields({ tag: `${ten} ${'x'.repeat(21)}` })).toEqual(['items[0].tag', 'items[0].tag']);
  });

  it('Only the first 100 tags of a tag text are read.', () => {
    const request = SubmitAuditRequest.fromJSON({ items: [{ ...item, tag: 'a '.repeat(500_000) }] });
    expect(violationsBy(submitAudit.validate, request)).toEqual([
      { field: 'items[0].tag', description: 'must be at most 10 tags, has 100 or more' },
    ]);
  });

  it('A title has at most 32 characters.', () => {
    expect(itemFields({ title: '题🎉'.repeat(16) })).toEqual([]);
    expect(itemFields({ title: '题'.repeat(33) })).toEqual(['items[0].title']);
  });

  it('An item requires two levels of category with ids above 0.', () => {
    expect(fields({ items: [item, {}] })).toEqual([
      'items[1].first_class',
      'items[1].first_id',
      'items[1].second_class',
      'items[1].second_id',
    ]);
    expect(itemFields({ thirdClass: '高等', thirdId: 5 })).toEqual([]);
    expect(itemFields({ thirdId: -1 })).toEqual(['items[0].third_id']);
  });

  it('Feedback has at most 200 characters and 5 media ids without bars.', () => {
    expect(fields({ feedbackInfo: '言'.repeat(200), feedbackMediaIds: Array(5).fill('m') })).toEqual([]);
    expect(fields({ feedbackInfo: '言'.repeat(201) })).toEqual(['feedback_info']);
    expect(fields({ feedbackMediaIds: Array(6).fill('m') })).toEqual(['feedback_media_ids']);
    expect(fields({ feedbackMediaIds: ['m', '', 'a|b', 'a\n'] })).toEqual([
      'feedback_media_ids[1]',
      'feedback_media_ids[2]',
      'feedback_media_ids[3]',
    ]);
  });

  it('The expected_user_version has at most 64 characters.', () => {
    expect(fields({ expectedUserVersion: '版'.repeat(64) })).toEqual([]);
    expect(fields({ expectedUserVersion: 'v'.repeat(65) })).toEqual(['expected_user_version']);
  });

  it('Preview ids have no control characters.', () => {
    expect(fields({ preview: { videoIds: ['a\u0000'] } })).toEqual(['preview']);
  });

  it('A UGC declaration has numbers from 0 on and texts of at most 256 characters.', () => {
    expect(fields({ ugcDeclaration: { scenes: [0, -1], methods: [-1] } })).toEqual([
      'ugc_declaration.scenes[1]',
      'ugc_declaration.methods[0]',
    ]);
    const texts = (length: number) => ({
      otherSceneDesc: '言'.repeat(length),
      auditDesc: '🎉'.repeat(length),
    });
    expect(fields({ ugcDeclaration: texts(256) })).toEqual([]);
    expect(fields({ ugcDeclaration: texts(257) })).toEqual([
      'ugc_declaration.other_scene_desc',
      'ugc_declaration.audit_desc',
    ]);
  });
});
