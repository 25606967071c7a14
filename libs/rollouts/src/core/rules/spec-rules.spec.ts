import { describe, expect, it } from '@jest/globals';
import {
  CommitRequest,
  type DeepPartial,
  NewRolloutTarget,
  RolloutCheck,
  type RolloutSpec,
  RolloutStep,
} from '@wxa/contracts';
import { ROOMS, violationsBy } from '@wxa/methods';
import fc from 'fast-check';
import { APPID, ITEM, specOf } from '../fixtures/samples.js';
import { mergeExtJson } from '../requests/request-of.js';
import { specViolations } from './spec-rules.js';
import { targetViolations } from './target-rules.js';

type Fields = DeepPartial<RolloutSpec>;
const fieldsOf = (spec: RolloutSpec, isRollback = false) =>
  specViolations(spec, isRollback).map(({ field }) => field);
const size = ($case: string, value: unknown, gates: object = {}) => ({
  size: { $case, value } as never,
  ...gates,
});
const waves = (...all: DeepPartial<RolloutSpec['waves'][number]>[]): Fields => ({ waves: all });
const release = (...graySteps: object[]): Fields => ({ release: { graySteps } });
const fixed = (...items: object[]): Fields['audit'] => ({ itemsFrom: { $case: 'fixed', value: { items } } });
const audit = (fields: Fields['audit']): Fields => ({ audit: { ...fixed(ITEM), ...fields } });
const auditRule = (value: object) => audit({ itemsFrom: { $case: 'rule', value } });
const rule = (fields: object): Fields => ({
  stopRules: [{ ...specOf().stopRules[0], percent: 20, ...fields }],
});
const seconds = (count: number) => ({ seconds: BigInt(count) });
const times = <T>(count: number, one: T) => Array<T>(count).fill(one);
const DAY = 86_400;
const { ROLLOUT_CHECK_PAGES: PAGES } = RolloutCheck;
const { ROLLOUT_STEP_AUDIT: AUDIT, ROLLOUT_STEP_RELEASE: RELEASE } = RolloutStep;

const ROWS: [string, Fields][] = [
  ['name', { name: '' }],
  ['name', { name: 'x'.repeat(101) }],
  ['template_id', { templateId: -1n }],
  ['user_version', { userVersion: '' }],
  ['user_version', { userVersion: 'x'.repeat(65) }],
  ['user_desc', { userDesc: '\u0000' }],
  ['ext_json', { extJson: '[]' }],
  ['ext_json', { extJson: '{"a":1,"a":2}' }],
  ['ext_json', { extJson: `{"a":"${'x'.repeat(256 * 1024)}"}` }],
  ['first_step', { firstStep: AUDIT }],
  ['last_step', { lastStep: RolloutStep.ROLLOUT_STEP_SUBMIT_AUDIT }],
  ['last_step', { firstStep: RELEASE, lastStep: AUDIT }],
  ['checks[0]', { checks: [RolloutCheck.ROLLOUT_CHECK_UNSPECIFIED] }],
  ['checks', { checks: [PAGES, PAGES] }],
  ['audit', { audit: undefined }],
  ['audit.items_from', { audit: {} }],
  ['audit.fixed.items', audit(fixed())],
  ['audit.fixed.items[0].title', audit(fixed({ ...ITEM, title: 'x'.repeat(33) }))],
  ['audit.rule.title', auditRule({ title: 'x'.repeat(33) })],
  ['audit.rule.tag', auditRule({ tag: 'x'.repeat(21) })],
  ['audit.rule.prefer_second_id', auditRule({ preferSecondId: -1 })],
  ['audit.feedback_info', audit({ feedbackInfo: 'x'.repeat(201) })],
  ['audit.timeout', audit({ timeout: seconds(60 * DAY + 1) })],
  ['audit.on_open_audit', audit({ onOpenAudit: 'UNRECOGNIZED' as never })],
  ['release.gray_steps', release(...Array.from({ length: 11 }, (_, i) => ({ percentage: i + 1 })))],
  ['release.gray_steps[0].percentage', release({ percentage: 0 })],
  ['release.gray_steps[0].percentage', release({ percentage: 101 })],
  ['release.gray_steps[1].percentage', release({ percentage: 10 }, { percentage: 10 })],
  [
    'release.gray_steps[1].support_debugger_first',
    release({ percentage: 1 }, { percentage: 2, supportDebuggerFirst: true }),
  ],
  ['release.gray_steps[0].pause', release({ percentage: 1, pause: seconds(30 * DAY + 1) })],
  ['waves', waves(...times(101, size('count', 1)))],
  ['waves[0].size', waves({})],
  ['waves[0].count', waves(size('count', 0))],
  ['waves[0].percent', waves(size('percent', 101))],
  ['waves[0].label', waves(size('label', ''))],
  ['waves[0].rest', waves(size('rest', true), size('count', 1))],
  ['waves[0].rest', waves(size('rest', false))],
  ['waves[0].submit_gate.after_percent', waves(size('count', 1, { submitGate: { afterPercent: 101 } }))],
  ['waves[0].release_gate.bake_time', waves(size('count', 1, { releaseGate: { bakeTime: seconds(-1) } }))],
  ['readiness', { firstStep: RolloutStep.ROLLOUT_STEP_READINESS }],
  ['readiness.on_not_ready', { readiness: { onNotReady: 'UNRECOGNIZED' as never } }],
  ['readiness.ignore[0]', { readiness: { ignore: ['READINESS_ITEM_TYPE_UNSPECIFIED' as never] } }],
  ['readiness.ignore', { readiness: { ignore: times(2, 'READINESS_ITEM_TYPE_FILING' as never) } }],
  ['max_in_flight', { maxInFlight: 2_001 }],
  ['max_in_flight', { maxInFlight: -1 }],
  ['audit_budget.reserve', { auditBudget: { reserve: -1 } }],
  ['stop_rules', { stopRules: times(11, specOf().stopRules[0] as never) }],
  ['stop_rules[0].cause', rule({ cause: 'CAUSE_UNSPECIFIED' })],
  ['stop_rules[0].percent', rule({ percent: 101 })],
  ['stop_rules[0].percent', rule({ percent: 0, count: 0 })],
  ['rollback_options', { rollbackOptions: {} }],
];

describe('specViolations', () => {
  it('A valid specification has none', () => {
    const spec = specOf({
      checks: [PAGES],
      ...release({ percentage: 0, supportDebuggerFirst: true }, { percentage: 100 }),
      ...waves(size('label', 'vip'), size('rest', true)),
    });
    expect(specViolations(spec)).toEqual([]);
  });

  it.each(ROWS)('%s is named if it is invalid: %#', (field, fields) => {
    expect(fieldsOf(specOf(fields))).toEqual([field]);
  });

  it('A pipeline without SUBMIT_AUDIT needs no audit; neither does a rollback, which may have rollback_options', () => {
    const lastStep = RolloutStep.ROLLOUT_STEP_CHECK;
    expect(fieldsOf(specOf({ audit: undefined, lastStep }))).toEqual([]);
    const rollbackOptions = { withdrawAudits: true };
    expect(fieldsOf(specOf({ audit: undefined, rollbackOptions }), true)).toEqual([]);
  });
});

describe('targetViolations', () => {
  const violations = (fields: DeepPartial<NewRolloutTarget>) =>
    targetViolations(NewRolloutTarget.fromPartial({ appid: APPID, ...fields }), specOf());

  it('A valid target has none', () => {
    expect(violations({ extPatchJson: '{"ext":{"a":null}}', items: [ITEM], wave: 1 })).toEqual([]);
  });

  it.each<[string, DeepPartial<NewRolloutTarget>]>([
    ['appid', { appid: 'wx1' }],
    ['ext_patch_json', { extPatchJson: '{' }],
    ['ext_patch_json', { extPatchJson: '[1]' }],
    ['ext_patch_json', { extPatchJson: `{"a":"${'x'.repeat(64 * 1024)}"}` }],
    ['items', { items: times(6, ITEM) }],
    ['items[0].first_class', { items: [{ ...ITEM, firstClass: '' }] }],
    ['wave', { wave: 2 }],
    ['wave', { wave: -1 }],
  ])('%s is named if it is invalid: %#', (field, fields) => {
    expect(violations(fields).map((violation) => violation.field)).toEqual([field]);
  });

  it('A patch nested too deeply is refused', () => {
    expect(violations({ extPatchJson: deep('a', 100) })).toEqual([]);
    expect(violations({ extPatchJson: deep('a', 101) })).toHaveLength(1);
  });
});

/** JSON of an object with this many levels. */
const deep = (name: string, levels: number) => `{"${name}":`.repeat(levels) + 1 + '}'.repeat(levels);

describe('ext_json and the patch of a target', () => {
  /** What is wrong with the two and with what Commit gets; undefined if one of the two is refused. */
  const commitViolations = (extJson: string, extPatchJson: string) => {
    const target = NewRolloutTarget.fromPartial({ appid: APPID, extPatchJson });
    if ([...specViolations(specOf({ extJson })), ...targetViolations(target, specOf())].length > 0)
      return undefined;
    const value = mergeExtJson(extJson, [extPatchJson], APPID);
    const extConfig = { $case: 'extJson' as const, value };
    return violationsBy(ROOMS.Commit.validate, CommitRequest.create({ appid: APPID, extConfig })).filter(
      ({ field }) => field === 'ext_json',
    );
  };

  it('If each is valid by itself, Commit accepts what they give together', () => {
    const name = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'toJSON', 'isLosslessNumber'), fc.string());
    const { object } = fc.letrec((tie) => ({
      object: fc.dictionary(name, fc.oneof({ maxDepth: 4 }, fc.jsonValue(), tie('object')), { maxKeys: 4 }),
    }));
    const text = object.map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(text, text, (extJson, patch) => {
        expect(commitViolations(extJson, patch) ?? []).toEqual([]);
      }),
    );
  });

  it.each([
    ['of the greatest depth', deep('a', 100), deep('b', 100)],
    ['of the greatest depth in common members', deep('a', 100), deep('a', 100)],
    ['of the greatest size', `{"a":"${'\\u0001'.repeat(43_000)}"}`, `{"b":"${'\\ud800'.repeat(10_000)}"}`],
  ])('That holds for texts %s', (_, extJson, patch) => {
    expect(commitViolations(extJson, patch)).toEqual([]);
  });
});
