import { describe, expect, it } from '@jest/globals';
import { RolloutSpec } from '@wxa/contracts';
import { fromLocal, inputOf, specOf, submitted, valuesOf } from './spec-form.js';

const ZONE = 'Asia/Shanghai';
const FIELDS = Object.keys(RolloutSpec.create()) as (keyof RolloutSpec)[];
const WHOLE = RolloutSpec.fromJSON({
  name: '春季版',
  templateId: '128',
  userVersion: '3.2.0',
  extJson: '{"ext":{"a":"<script>"}}',
  firstStep: 'ROLLOUT_STEP_CHECK',
  checks: ['ROLLOUT_CHECK_PAGES', 'ROLLOUT_CHECK_PRIVACY'],
  audit: {
    fixed: { items: [{ firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 }] },
    ugcDeclaration: { scenes: [0] },
    onOpenAudit: 'ON_OPEN_AUDIT_WAIT',
    privacyApiNotUsed: true,
    timeout: { seconds: '864000' },
  },
  release: { graySteps: [{ percentage: 10, pause: { seconds: '5400' } }], firstReleaseToAll: true },
  waves: [
    { count: 5, speedUp: true },
    {
      percent: 10,
      submitGate: { afterPercent: 95, bakeTime: { seconds: '86400' }, notBefore: '2026-03-01T01:30:00.000Z' },
    },
    { label: '餐饮' },
    { rest: true, releaseGate: { manual: true } },
  ],
  maxInFlight: 100,
  auditBudget: { maxSubmissions: 8000, reserve: 200 },
  stopRules: [{ cause: 'CAUSE_AUDIT_REJECTED', percent: 20, minEnded: 5 }],
});

describe('valuesOf and specOf', () => {
  it('No input reaches the prototypes of objects, and one in the place of a group changes nothing', () => {
    const call = Object.prototype.hasOwnProperty.call;
    const { spec } = specOf(
      submitted({
        'audit.hasOwnProperty.call': 'x',
        'audit.__proto__.polluted': 'x',
        'waves.push.call': 'x',
        'release.constructor.prototype.polluted': 'x',
        auditBudget: 'x',
        'auditBudget.reserve': '1',
        'waves[0]': 'x',
        'waves[0].count': '1',
        'waves[0].__proto__.polluted': 'x',
        'waves.constructor.prototype.polluted': 'x',
      }),
      FIELDS,
      ZONE,
    );
    expect(Object.prototype.hasOwnProperty.call).toBe(call);
    expect({}).not.toHaveProperty('polluted');
    expect(spec.waves).toEqual([]);
    expect(specOf({ waves: 'x', checks: 'x' }, FIELDS, ZONE).spec.waves).toEqual([]);
  });

  it('A specification survives the form', () => {
    const values = valuesOf(WHOLE, ZONE);
    expect(values).toMatchObject({
      'waves[1].submitGate.bakeTime': '24',
      'waves[1].submitGate.notBefore': '2026-03-01T09:30',
      'release.graySteps[0].pause': '1.5',
      'audit.timeout': '10',
      'checks.ROLLOUT_CHECK_PAGES': 'true',
    });
    expect(specOf(submitted(values), FIELDS, ZONE)).toEqual({ spec: WHOLE, problems: new Map() });
  });

  it('A rule without fields builds the audit items, whatever the hidden items say', () => {
    const values = { 'audit.itemsFrom': 'rule', 'audit.fixed.items': 'not JSON', 'audit.versionDesc': 'x' };
    const { spec, problems } = specOf(values, ['audit'], ZONE);
    expect(problems.size).toBe(0);
    expect(spec.audit).toMatchObject({
      itemsFrom: { $case: 'rule', value: { address: '' } },
      versionDesc: 'x',
    });
  });

  it('Only the named fields are read', () => {
    expect(specOf({ name: 'a', maxInFlight: '7', form_token: 'x' }, ['maxInFlight'], ZONE).spec).toEqual({
      ...RolloutSpec.create(),
      maxInFlight: 7,
    });
  });

  it('Texts that are no numbers, hours, times or JSON are named by their inputs', () => {
    const values = {
      templateId: '1e3',
      maxInFlight: '-1',
      'auditBudget.reserve': '3000000000',
      'audit.itemsFrom': 'fixed',
      'audit.fixed.items': '[',
      'waves[0].count': '5',
      'waves[0].rest': 'true',
      'waves[0].submitGate.bakeTime': 'a day',
      'waves[0].submitGate.notBefore': '2026-13-01T00:00',
    };
    expect([...specOf(values, FIELDS, ZONE).problems.keys()].toSorted()).toEqual([
      ...['audit.fixed.items', 'auditBudget.reserve', 'maxInFlight', 'templateId'],
      ...['waves[0].size', 'waves[0].submitGate.bakeTime', 'waves[0].submitGate.notBefore'],
    ]);
  });
});

it('Rows without a value are left out, and the others renumbered', () => {
  const body = {
    'waves[0].count': '',
    'waves[2].count': '5',
    'waves[10].rest': 'true',
    'waves[2].speedUp': 'true',
  };
  expect(submitted(body)).toEqual({
    'waves[0].count': '5',
    'waves[0].speedUp': 'true',
    'waves[1].rest': 'true',
  });
});

it('Fields of the gateway are the inputs of the form', () => {
  expect(inputOf('spec.waves[0].submit_gate.after_percent')).toBe('waves[0].submitGate.afterPercent');
});

it.each([
  ['2026-07-01T09:30', 'Asia/Shanghai', '2026-07-01T01:30:00.000Z'],
  ['2026-10-25T03:30', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'],
  ['2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
])('%s in %s is %s', (text, zone, instant) => {
  expect(fromLocal(text, zone)?.toISOString()).toBe(instant);
});
