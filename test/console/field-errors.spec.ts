import { expect, it } from '@jest/globals';
import { descriptionIn } from '@wxa/console';
import { type Method, NewRolloutTarget, RolloutSpec, requestFromJSON } from '@wxa/contracts';
import { ROOMS, type Rule, type Violation, violationsBy } from '@wxa/methods';
import { specViolations, targetViolations } from '@wxa/rollouts';

const LONG = '长'.repeat(3000);
const DEEP = '['.repeat(101);
const appid = `wx${'0'.repeat(16)}`;

/** Requests of the console's forms with every kind of input that the gateway refuses. */
const REFUSED: readonly (readonly [Method, object])[] = [
  ['Commit', {}],
  ...['{', '[]', 'null', `{"a":${DEEP}`].map(
    (value) =>
      [
        'Commit',
        { appid: 'wx1', templateId: '-1', userVersion: LONG, userDesc: '\u0007', extJson: value },
      ] as const,
  ),
  ['SubmitAudit', { appid, items: Array(6).fill({ tag: 'a '.repeat(11), title: LONG }) }],
  [
    'SubmitAudit',
    {
      ...{ appid, versionDesc: LONG, feedbackInfo: LONG, orderPath: LONG },
      items: [{ address: '', tag: LONG, firstClass: '\n', firstId: '-1' }],
      feedbackMediaIds: ['', 'a|b', ...Array(9).fill('x')],
      preview: { pictureIds: ['\u0000'], videoIds: Array(99).fill('') },
    },
  ],
  ['GrayRelease', { appid, percentage: 101 }],
  ['RevertRelease', { appid, appVersion: 'x' }],
  ['ChangeVisitStatus', { appid }],
  ['SetSupportVersion', { appid, version: '\t' }],
  ['SpeedUpAudit', { appid, auditId: '-1' }],
  ['AddTemplate', { draftId: '-1', templateType: 7 }],
  ['DeleteTemplate', {}],
];

const SPECS = [
  {},
  {
    name: LONG,
    templateId: '-1',
    extJson: '{"a":1,"a":2}',
    userDesc: LONG,
    firstStep: 'ROLLOUT_STEP_AUDIT',
    lastStep: 'ROLLOUT_STEP_COMMIT',
    checks: ['ROLLOUT_CHECK_PAGES', 'ROLLOUT_CHECK_PAGES', 99],
    audit: { rule: { preferSecondId: -1, tag: LONG }, timeout: '99999999s' },
    release: {
      graySteps: [{ percentage: 50 }, { percentage: 20, supportDebuggerFirst: true, pause: '9999999s' }],
    },
    waves: [{ rest: true }, { count: -1 }, { percent: 101 }, {}, { rest: false }],
    maxInFlight: -1,
    auditBudget: { reserve: -1 },
    stopRules: [{ percent: 101 }, { cause: 'ROLLOUT_STOP_CAUSE_FAILED' }],
  },
];

const violations: Violation[] = [
  ...REFUSED.flatMap(([method, request]) =>
    violationsBy(ROOMS[method].validate as Rule<unknown>[], requestFromJSON(method, request)),
  ),
  ...SPECS.flatMap((spec) => specViolations(RolloutSpec.fromJSON(spec))),
  ...targetViolations(
    NewRolloutTarget.fromJSON({ appid: 'x', extPatchJson: '{', wave: -1 }),
    RolloutSpec.create(),
  ),
  {
    field: 'targets.ext_patch_json',
    description: 'the patches of a draft have at most 268435456 bytes together, not 268435470',
  },
];

it('Everything that the rules of requests say about the fields of a form has a Chinese text', () => {
  expect(violations.length).toBeGreaterThan(40);
  for (const { description } of violations) {
    expect(descriptionIn(description, 'zh')).toMatch(/\p{Script=Han}/u);
    expect(descriptionIn(description, 'en')).toBe(description);
  }
});
