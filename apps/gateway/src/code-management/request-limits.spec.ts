import { describe, expect, it } from '@jest/globals';
import {
  AddTemplateRequest,
  AuditItem,
  ChangeVisitStatusRequest,
  CommitRequest,
  DeleteTemplateRequest,
  GetAuditStatusRequest,
  GetTrialQrCodeRequest,
  GrayReleaseRequest,
  ReleaseRequest,
  RevertReleaseRequest,
  SetSupportVersionRequest,
  SubmitAuditRequest,
  UndoAuditRequest,
  VisitStatus,
} from '@wxa/contracts';
import { violationsOf } from './request-limits.js';

const appid = 'wx0123456789abcdef';
const fieldsOf = (violations: { field: string }[]) => violations.map(({ field }) => field);

describe('every request', () => {
  const faults = (fields: Partial<UndoAuditRequest>) =>
    fieldsOf(violationsOf('UndoAudit', { appid, requestId: '', ...fields }));

  it.each([appid, 'wxffffffffffffffff'])('takes the appid %s', (value) => {
    expect(faults({ appid: value })).toEqual([]);
  });

  it.each([
    '',
    'wx',
    'WX0123456789abcdef',
    'wx0123456789ABCDEF',
    'wx0123456789abcde',
    `${appid}0`,
    `${appid}\n`,
  ])('refuses the appid %p', (value) => {
    expect(faults({ appid: value })).toEqual(['appid']);
  });

  it.each(['', 'a', '~'.repeat(64), 'with blanks'])('takes the request_id %p', (requestId) => {
    expect(faults({ requestId })).toEqual([]);
  });

  it.each(['a'.repeat(65), '中', 'a\tb', 'a\u007f', 'a\n'])('refuses the request_id %p', (requestId) => {
    expect(faults({ requestId })).toEqual(['request_id']);
  });
});

describe('a call of the platform itself', () => {
  const ours = 'wxc0de000000000000';
  const faults = (given: string, componentAppid?: string) =>
    fieldsOf(violationsOf('DeleteTemplate', { appid: given, requestId: '', templateId: 0n }, componentAppid));

  it('has the component appid, where that is known', () => {
    expect([faults(ours, ours), faults(appid, ours), faults('', ours)]).toEqual([[], ['appid'], ['appid']]);
    expect([faults(ours), faults('')]).toEqual([[], ['appid']]);
  });
});

describe('Commit', () => {
  const faults = (fields: Partial<CommitRequest>) =>
    violationsOf('Commit', {
      ...CommitRequest.create(),
      appid,
      templateId: 1n,
      userVersion: 'V1',
      ...fields,
    });
  const extJson = (value: string) => faults({ extConfig: { $case: 'extJson', value } });
  const ext = (value: Record<string, unknown>) => faults({ extConfig: { $case: 'ext', value } });

  it.each(['v', '版'.repeat(64), '🎉'.repeat(64)])('takes the user_version %p', (userVersion) => {
    expect(faults({ userVersion })).toEqual([]);
  });

  it.each(['', '版'.repeat(65), '🎉'.repeat(65), 'a\nb', 'a\u0000'])(
    'refuses the user_version %p',
    (userVersion) => {
      expect(fieldsOf(faults({ userVersion }))).toEqual(['user_version']);
    },
  );

  it('takes a template_id from 0 on, however large', () => {
    expect(faults({ templateId: 0n })).toEqual([]);
    expect(faults({ templateId: 9223372036854775807n })).toEqual([]);
    expect(faults({ templateId: -1n })).toEqual([
      { field: 'template_id', description: 'must be at least 0, is -1' },
    ]);
  });

  it('requires a template_id, since 0 is the id of a template too', () => {
    const violations = violationsOf('Commit', CommitRequest.fromJSON({ appid, userVersion: 'V1' }));
    expect(violations).toEqual([{ field: 'template_id', description: 'required' }]);
  });

  it.each(['{}', ' {"ext":{"a":"小程序"}} ', '{"a":"\\u0000"}'])('takes the ext_json %p', (value) => {
    expect(extJson(value)).toEqual([]);
  });

  it.each([
    ['', /^must be a JSON object: /],
    ['{"a":}', /^must be a JSON object: .*position 5/],
    ['{"pages":["index":"x"]}', /^must be a JSON object: .*position 17/],
    ['[]', /is a list$/],
    ['null', /is null$/],
    ['"text"', /is a string$/],
    ['1', /is a number$/],
  ])('refuses the ext_json %p and says why', (value, description) => {
    const violations = extJson(value);
    expect(fieldsOf(violations)).toEqual(['ext_json']);
    expect(violations[0]?.description).toMatch(description);
  });

  it('takes a Struct and refuses what JSON can’t hold', () => {
    expect(ext({ a: { b: [1, null, 'x', true] } })).toEqual([]);
    const faulty = ext({ a: { b: [1, Number.NaN] }, c: Number.POSITIVE_INFINITY, d: undefined });
    expect(fieldsOf(faulty)).toEqual(['ext.a.b[1]', 'ext.c', 'ext.d']);
  });

  it('takes line breaks in user_desc, but no other control characters', () => {
    expect(faults({ userDesc: '一\n二\t三🎉' })).toEqual([]);
    expect(fieldsOf(faults({ userDesc: 'a\u0000' }))).toEqual(['user_desc']);
  });
});

describe('SubmitAudit', () => {
  const item = { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 };
  const faults = (fields: object) =>
    fieldsOf(violationsOf('SubmitAudit', SubmitAuditRequest.fromJSON({ appid, items: [item], ...fields })));
  const itemFaults = (fields: Partial<AuditItem>) => faults({ items: [{ ...item, ...fields }] });

  it('takes 1 to 5 items', () => {
    expect(faults({ items: [] })).toEqual(['items']);
    expect(faults({ items: Array(5).fill(item) })).toEqual([]);
    expect(faults({ items: Array(6).fill(item) })).toEqual(['items']);
    expect(faults({ items: [...Array(5).fill(item), {}] })).toEqual(['items']);
  });

  it('counts tags and their characters', () => {
    const ten = Array(10).fill('标'.repeat(20)).join(' ');
    expect(itemFaults({ tag: ten })).toEqual([]);
    expect(itemFaults({ tag: `  ${ten}  ` })).toEqual([]);
    expect(itemFaults({ tag: `${ten} x` })).toEqual(['items[0].tag']);
    expect(itemFaults({ tag: '🎉'.repeat(20) })).toEqual([]);
    expect(itemFaults({ tag: '🎉'.repeat(21) })).toEqual(['items[0].tag']);
    expect(itemFaults({ tag: `${ten} ${'x'.repeat(21)}` })).toEqual(['items[0].tag', 'items[0].tag']);
  });

  it('tells only the first hundred tags apart', () => {
    const tag = 'a '.repeat(500_000);
    const request = SubmitAuditRequest.fromJSON({ appid, items: [{ ...item, tag }] });
    expect(violationsOf('SubmitAudit', request)).toEqual([
      { field: 'items[0].tag', description: 'must be at most 10 tags, has 100 or more' },
    ]);
  });

  it('takes a title of 32 characters', () => {
    expect(itemFaults({ title: '题🎉'.repeat(16) })).toEqual([]);
    expect(itemFaults({ title: '题'.repeat(33) })).toEqual(['items[0].title']);
  });

  it('requires two levels of category with ids above 0', () => {
    expect(faults({ items: [item, {}] })).toEqual([
      'items[1].first_class',
      'items[1].first_id',
      'items[1].second_class',
      'items[1].second_id',
    ]);
    expect(itemFaults({ thirdClass: '高等', thirdId: 5 })).toEqual([]);
    expect(itemFaults({ thirdId: -1 })).toEqual(['items[0].third_id']);
  });

  it('limits what tells the auditors more', () => {
    expect(faults({ feedbackInfo: '言'.repeat(200), feedbackMediaIds: Array(5).fill('m') })).toEqual([]);
    expect(faults({ feedbackInfo: '言'.repeat(201) })).toEqual(['feedback_info']);
    expect(faults({ feedbackMediaIds: Array(6).fill('m') })).toEqual(['feedback_media_ids']);
    expect(faults({ feedbackMediaIds: ['m', '', 'a|b', 'a\n'] })).toEqual([
      'feedback_media_ids[1]',
      'feedback_media_ids[2]',
      'feedback_media_ids[3]',
    ]);
    expect(faults({ preview: { videoIds: ['a\u0000'] } })).toEqual(['preview']);
    expect(faults({ ugcDeclaration: { scenes: [0, -1], methods: [-1] } })).toEqual([
      'ugc_declaration.scenes[1]',
      'ugc_declaration.methods[0]',
    ]);
    const said = (length: number) => ({
      otherSceneDesc: '言'.repeat(length),
      auditDesc: '🎉'.repeat(length),
    });
    expect(faults({ ugcDeclaration: said(256) })).toEqual([]);
    expect(faults({ ugcDeclaration: said(257) })).toEqual([
      'ugc_declaration.other_scene_desc',
      'ugc_declaration.audit_desc',
    ]);
  });
});

describe('the others', () => {
  it('GetAuditStatus needs an id above 0', () => {
    const faults = (auditId: bigint) =>
      fieldsOf(violationsOf('GetAuditStatus', GetAuditStatusRequest.fromPartial({ appid, auditId })));
    expect([faults(1n), faults(0n), faults(-1n)]).toEqual([[], ['audit_id'], ['audit_id']]);
  });

  it('AddTemplate and DeleteTemplate require an id, which may be 0', () => {
    const added = (fields: object) =>
      violationsOf('AddTemplate', AddTemplateRequest.fromJSON({ appid, ...fields }));
    const deleted = (fields: object) =>
      violationsOf('DeleteTemplate', DeleteTemplateRequest.fromJSON({ appid, ...fields }));
    expect([added({ draftId: '0' }), deleted({ templateId: '0' })]).toEqual([[], []]);
    expect(added({})).toEqual([{ field: 'draft_id', description: 'required' }]);
    expect(deleted({})).toEqual([{ field: 'template_id', description: 'required' }]);
    expect(fieldsOf([...added({ draftId: '-1' }), ...deleted({ templateId: '-1' })])).toEqual([
      'draft_id',
      'template_id',
    ]);
  });

  it('Release takes its guards or none', () => {
    const faults = (fields: Partial<ReleaseRequest>) =>
      fieldsOf(violationsOf('Release', ReleaseRequest.fromPartial({ appid, ...fields })));
    expect(faults({})).toEqual([]);
    expect(faults({ expectedAuditId: 9007199254740993n, expectedUserVersion: '版'.repeat(64) })).toEqual([]);
    expect(faults({ expectedAuditId: -1n, expectedUserVersion: 'v'.repeat(65) })).toEqual([
      'expected_audit_id',
      'expected_user_version',
    ]);
  });

  it('ChangeVisitStatus needs a status that is known', () => {
    const faults = (status: VisitStatus) =>
      fieldsOf(violationsOf('ChangeVisitStatus', ChangeVisitStatusRequest.fromPartial({ appid, status })));
    expect(faults(VisitStatus.VISIT_STATUS_CLOSED)).toEqual([]);
    expect(faults(VisitStatus.VISIT_STATUS_UNSPECIFIED)).toEqual(['status']);
    expect(faults(VisitStatus.UNRECOGNIZED)).toEqual(['status']);
  });

  it('SetSupportVersion needs a version', () => {
    const faults = (version: string) =>
      fieldsOf(violationsOf('SetSupportVersion', SetSupportVersionRequest.fromPartial({ appid, version })));
    expect([faults('1.0.0'), faults('')]).toEqual([[], ['version']]);
  });

  it('RevertRelease takes a number or nothing', () => {
    const faults = (appVersion: string) =>
      fieldsOf(violationsOf('RevertRelease', RevertReleaseRequest.fromPartial({ appid, appVersion })));
    expect([faults(''), faults('12'), faults('v1'), faults('-1')]).toEqual([
      [],
      [],
      ['app_version'],
      ['app_version'],
    ]);
  });

  it('GrayRelease takes 1 to 100, or 0 with a flag', () => {
    const faults = (fields: Partial<GrayReleaseRequest>) =>
      fieldsOf(violationsOf('GrayRelease', GrayReleaseRequest.fromPartial({ appid, ...fields })));
    expect([faults({ percentage: 1 }), faults({ percentage: 100 })]).toEqual([[], []]);
    expect(faults({ percentage: 0, supportDebuggerFirst: true })).toEqual([]);
    expect(faults({ percentage: 0, supportExperiencerFirst: true })).toEqual([]);
    for (const percentage of [0, 101, -1]) expect(faults({ percentage })).toEqual(['percentage']);
    expect(faults({ percentage: 101, supportDebuggerFirst: true })).toEqual(['percentage']);
  });

  it('GetTrialQrCode takes a path as it is', () => {
    const faults = (path: string) =>
      fieldsOf(violationsOf('GetTrialQrCode', GetTrialQrCodeRequest.fromPartial({ appid, path })));
    expect([faults('page/index?action=1&名=值'), faults('a\u0000')]).toEqual([[], ['path']]);
  });

  it('GetTrialQrCode takes a path of 1,024 characters, and no longer one, which WeChat answers with 431', () => {
    const violations = (path: string) =>
      violationsOf('GetTrialQrCode', GetTrialQrCodeRequest.fromPartial({ appid, path }));
    expect(violations('🎉'.repeat(1024))).toEqual([]);
    expect(violations('a'.repeat(1025))).toEqual([
      { field: 'path', description: 'must be at most 1024 characters, has 1025' },
    ]);
  });
});
