import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readSimConfig, type SimConfig } from '../config.js';
import { auditRules, countedRules } from '../model/audit-rules.js';
import type { AuditSampling } from '../model/platform.js';
import { Simulator } from '../simulator.js';

const APPID = 'wx0123456789abcdef';
const OTHER = 'wx1111111111111111';
const CLASSES = { first_class: '文娱', second_class: '资讯', first_id: 1, second_id: 2 };

let sim: Simulator;
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  sim.close();
  jest.useRealTimers();
});

/** A simulator without HTTP. */
function start(
  { rules = [], sampling = {} }: { rules?: object[]; sampling?: Partial<AuditSampling> },
  config: Partial<SimConfig> = {},
): void {
  sim = new Simulator({ ...readSimConfig({}), ...config });
  sim.platform.auditRules = countedRules(auditRules.parse(rules));
  Object.assign(sim.platform.auditSampling, sampling);
}

function call(name: string, appid: string, body: Record<string, unknown> = {}): number {
  const api = sim.apis.get(name);
  if (!api) throw new Error(name);
  return sim.execute(api, sim.app(appid), { query: new URLSearchParams(), body }).errcode;
}

function submit(appid: string): void {
  expect(call('wxa/commit', appid, { template_id: 0, ext_json: '{}', user_version: 'v1' })).toBe(0);
  expect(call('wxa/submit_audit', appid, { item_list: [CLASSES] })).toBe(0);
}

const statusOf = (appid: string) => sim.app(appid).audits.at(-1)?.status;
const [APPROVED, REJECTED, PENDING, WITHDRAWN, DELAYED] = [0, 1, 2, 3, 4];

describe('audit rules', () => {
  it('A rule decides an audit after its delay, with its reason and screenshot', () => {
    const bad = { appid: 'wx01*', decision: 'reject', reason: '1:甲', screenshot: 'a|b', delayMs: 100 };
    start({ rules: [bad, { decision: 'delay' }] });
    submit(APPID);
    submit(OTHER);
    jest.advanceTimersByTime(99);
    expect([statusOf(APPID), statusOf(OTHER)]).toEqual([PENDING, DELAYED]);
    jest.advanceTimersByTime(1);
    expect(sim.app(APPID).audits).toMatchObject([{ status: REJECTED, reason: '1:甲', screenshot: 'a|b' }]);
  });

  it('Audits that no rule applies to are approved after SIM_AUDIT_DELAY_MS, or stay open without it', () => {
    const rules = [{ appid: APPID, decision: 'reject' }];
    start({ rules }, { auditDelayMs: 100 });
    submit(APPID);
    submit(OTHER);
    jest.advanceTimersByTime(100);
    expect([statusOf(APPID), statusOf(OTHER)]).toEqual([REJECTED, APPROVED]);
    sim.close();
    start({ rules });
    submit(OTHER);
    jest.advanceTimersByTime(1_000_000);
    expect(statusOf(OTHER)).toBe(PENDING);
  });

  it('A rule does not decide a withdrawn audit or the one submitted after it', () => {
    start({ rules: [{ decision: 'reject', delayMs: 100 }] });
    submit(APPID);
    expect(call('wxa/undocodeaudit', APPID)).toBe(0);
    jest.advanceTimersByTime(50);
    submit(APPID);
    jest.advanceTimersByTime(50);
    expect(sim.app(APPID).audits.map(({ status }) => status)).toEqual([WITHDRAWN, PENDING]);
  });

  it('A rule does not decide an audit that the control API has delayed', () => {
    start({ rules: [{ decision: 'approve', delayMs: 100 }] });
    submit(APPID);
    sim.auditor.decide(sim.app(APPID), { decision: 'delay' });
    jest.advanceTimersByTime(100);
    expect(statusOf(APPID)).toBe(DELAYED);
  });

  it('Rules of the configuration apply again after a reset', () => {
    start({}, { auditRules: auditRules.parse([{ decision: 'reject' }]) });
    sim.reset();
    submit(APPID);
    jest.advanceTimersByTime(0);
    expect(statusOf(APPID)).toBe(REJECTED);
    expect(sim.platform.auditRules).toMatchObject([{ matched: 1, applied: 1 }]);
  });
});

describe('samples of submissions', () => {
  const rules = [{ appid: APPID, decision: 'reject' }, { decision: 'approve' }];

  it('A rejected sample delays every further decision of the platform', () => {
    start({ rules, sampling: { share: 1, delayMs: 1000 } });
    submit(OTHER);
    jest.advanceTimersByTime(0);
    expect([statusOf(OTHER), sim.platform.auditSampling.isBad]).toEqual([APPROVED, false]);
    submit(APPID);
    jest.advanceTimersByTime(0);
    expect([statusOf(APPID), sim.platform.auditSampling.isBad]).toEqual([REJECTED, true]);
    submit(OTHER);
    jest.advanceTimersByTime(999);
    expect(statusOf(OTHER)).toBe(DELAYED);
    jest.advanceTimersByTime(1);
    expect(statusOf(OTHER)).toBe(APPROVED);
  });

  it('A rejected audit that is no sample delays nothing', () => {
    start({ rules, sampling: { share: 0.5 } });
    submit(APPID);
    submit(OTHER);
    jest.advanceTimersByTime(0);
    expect([statusOf(APPID), statusOf(OTHER)]).toEqual([REJECTED, APPROVED]);
    expect(sim.app(OTHER).audits).toMatchObject([{ sampled: true }]);
    expect(sim.platform.auditSampling).toMatchObject({ isBad: false, submissions: 2 });
  });

  it('Without a delay only the control API decides a delayed audit', () => {
    start({ rules, sampling: { isBad: true } });
    submit(OTHER);
    jest.advanceTimersByTime(1_000_000);
    expect(statusOf(OTHER)).toBe(DELAYED);
    sim.auditor.decide(sim.app(OTHER), { decision: 'approve' });
    expect(statusOf(OTHER)).toBe(APPROVED);
  });

  it('A delayed audit that was decided meanwhile is not decided again', () => {
    start({ rules, sampling: { isBad: true, delayMs: 1000 } });
    submit(OTHER);
    jest.advanceTimersByTime(0);
    sim.auditor.decide(sim.app(OTHER), { decision: 'reject' });
    jest.advanceTimersByTime(500);
    submit(OTHER);
    jest.advanceTimersByTime(500);
    expect(sim.app(OTHER).audits.map(({ status }) => status)).toEqual([REJECTED, DELAYED]);
  });
});
