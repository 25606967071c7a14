import { expect, it } from '@jest/globals';
import { APPID, CHECKED, ITEM, NOW, ROLLOUT_ID, specOf, step, targetOf } from '../fixtures/samples.js';
import { blockingFindings, type PlanFacts, plan } from './plan.js';

const QUOTA = { rest: 100, limit: 200, speedupRest: 1, speedupLimit: 2, submittedSince: 10, observedAt: NOW };

const factsOf = (fields: Partial<PlanFacts> = {}): PlanFacts => ({
  ...{ id: ROLLOUT_ID, spec: specOf(), isRollback: false, waveTargets: [60], counted: {}, stops: [] },
  hasOverlap: false,
  ...{ templateIds: new Set([7n]), quota: QUOTA, rateOf: () => 60, samples: [], notReady: [], ...fields },
});
const reasons = (fields: Partial<PlanFacts>) => plan(factsOf(fields)).findings.map(({ reason }) => reason);

it('A plan counts targets, submissions and calls; the busiest API decides the least time', () => {
  const made = plan(factsOf({ waveTargets: [10, 50] }));
  const quota = { rest: 100, limit: 200, speedupRest: 1, speedupLimit: 2 };
  expect(made).toMatchObject({
    ...{ waveTargets: [10, 50], submissions: 60, findings: [], quota: { quota, time: NOW } },
    // Commit 1; SubmitAudit 4 with its snapshot, its privacy check and its version; Release 3; VERIFY 1.
    calls: 60n * 9n,
    // GetVersionInfo and GetLatestAuditStatus are called most often.
    leastTime: { seconds: 3n },
  });
});

it('A plan shows the limits of the audits, and newcomers need some', () => {
  const match = { $case: 'allAuthorized' as const, value: true };
  const continuous = { match, maxSubmissionsPerDay: 20 };
  const spec = specOf({ continuous, auditBudget: { reserve: 100 } });
  const facts = factsOf({ spec, waveTargets: [0] });
  expect(plan(facts)).toMatchObject({ maxSubmissionsPerDay: 20, reserve: 100, submissions: 0 });
  expect(plan(facts).findings).toMatchObject([{ reason: 'QUOTA_SHORT' }]);
  expect(reasons({ ...facts, quota: null })).toEqual(['QUOTA_UNKNOWN']);
  const committing = specOf({ ...spec, lastStep: step('COMMIT') });
  expect(plan({ ...facts, spec: committing })).toMatchObject({
    maxSubmissionsPerDay: 0,
    reserve: 0,
    findings: [],
  });
});

it('A plan says that gray releases may skip newcomers, unless their first release goes to all', () => {
  const continuous = { match: { $case: 'allAuthorized' as const, value: true } };
  const graySteps = [{ percentage: 10 }];
  const withGray = (firstReleaseToAll: boolean, fields = {}) =>
    reasons({ spec: specOf({ continuous, release: { graySteps, firstReleaseToAll }, ...fields }) });
  expect(withGray(false)).toEqual(['FIRST_RELEASE_UNKNOWN']);
  expect(withGray(true)).toEqual([]);
  expect(withGray(false, { continuous: undefined })).toEqual([]);
  expect(withGray(false, { lastStep: step('AUDIT') })).toEqual([]);
  const counted = { FIRST_RELEASE_UNKNOWN: { targets: 3, sampleAppids: [APPID] } };
  const spec = specOf({ continuous, release: { graySteps } });
  expect(plan(factsOf({ spec, counted })).findings).toMatchObject([{ targets: 3 }]);
});

it('A plan adds the checks and the speed-ups within the budget', () => {
  const calls = (spec: PlanFacts['spec']) => Number(plan(factsOf({ spec })).calls);
  expect(calls(specOf(CHECKED)) - calls(specOf())).toBe(4 * 60);
  const waves = [{ size: { $case: 'rest' as const, value: true }, speedUp: true }];
  const spedUp = calls(specOf({ waves, auditBudget: { maxSpeedUps: 5 } })) - calls(specOf());
  expect(spedUp % 5).toBe(0);
  expect(spedUp).toBeGreaterThan(0);
});

it.each<[string, Partial<PlanFacts>]>([
  ['NO_TARGETS', { waveTargets: [0] }],
  ['TOO_MANY_TARGETS', { waveTargets: [100_001], quota: { ...QUOTA, rest: 1_000_000 } }],
  ['TEMPLATE_UNKNOWN', { templateIds: new Set([8n]) }],
])('%s is refused by StartRollout', (reason, fields) => {
  const { findings } = plan(factsOf(fields));
  expect(blockingFindings(findings).map((found) => found.reason)).toEqual([reason]);
});

it.each<[string, Partial<PlanFacts>]>([
  ['QUOTA_SHORT', { quota: { ...QUOTA, rest: 69 } }],
  ['QUOTA_UNKNOWN', { quota: null }],
  ['QUOTA_UNKNOWN', { quota: { ...QUOTA, rest: 0, limit: 0 } }],
  ['API_STOPPED', { stops: [{ api: 'wxa/commit' }] }],
  ['EMPTY_WAVE', { waveTargets: [60, 0] }],
  ['OPEN_AUDIT', { counted: { OPEN_AUDIT: { targets: 3, sampleAppids: [APPID] } } }],
  ['GUIDE_INCOMPLETE', { counted: { GUIDE_INCOMPLETE: { targets: 1, sampleAppids: [APPID] } } }],
  ['NOT_READY', { notReady: [{ item: 'FILING', targets: 3, sampleAppids: [APPID] }] }],
])('%s is shown only', (reason, fields) => {
  const { findings } = plan(factsOf(fields));
  const hint = expect.stringMatching(/\[\p{Script=Han}?.*\]$/u);
  expect(findings).toMatchObject([{ reason, blocking: false, hint }]);
});

it('The template, the quota and stops matter only if the pipeline uses them', () => {
  const spec = specOf({ firstStep: step('RELEASE') });
  const unused = { templateIds: new Set<bigint>(), quota: null, stops: [{ api: 'wxa/commit' }] };
  expect(reasons({ spec, ...unused })).toEqual([]);
  expect(reasons({ templateIds: null })).toEqual([]);
});

it('Samples have the requests exactly as they would be sent', () => {
  const target = targetOf({ items: [ITEM], extPatch: '{"ext":{"a":1}}' });
  const [sample] = plan(factsOf({ samples: [target] })).samples;
  expect(sample?.commit).toMatchObject({
    requestId: `rollout-${ROLLOUT_ID}-commit-1`,
    extConfig: { $case: 'extJson', value: `{"ext":{"a":1},"extAppid":"${APPID}"}` },
  });
  expect(sample?.submitAudit?.items).toEqual([ITEM]);
  expect(plan(factsOf({ samples: Array.from({ length: 11 }, () => target) })).samples).toHaveLength(10);
});

it('Each item for which targets are not ready is a finding of its own with their number', () => {
  const notReady = ['FILING', 'CATEGORY'].map((item, n) => ({ item, targets: n + 1, sampleAppids: [APPID] }));
  expect(plan(factsOf({ notReady })).findings).toMatchObject([
    { item: 'READINESS_ITEM_TYPE_FILING', targets: 1, sampleAppids: [APPID] },
    { item: 'READINESS_ITEM_TYPE_CATEGORY', targets: 2 },
  ]);
});
