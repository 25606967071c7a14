import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings, RolloutCheck } from '@wxa/contracts';
import {
  APPID,
  contextOf,
  factsOf,
  failed,
  inventoryOf,
  inWords,
  later,
  NEEDED,
  NOW,
  running,
  specOf,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import { requestOf } from '../requests/request-of.js';
import type { InventoryFacts, NeededSettings, Target, TargetFacts } from '../target.js';
import { admission } from './admission.js';
import { advance } from './advance.js';

const API_NAME = 'wx.getLocation';

const only = (fields: DeepPartial<MiniProgramSettings>): NeededSettings => ({
  ...NEEDED,
  settings: MiniProgramSettings.fromPartial<DeepPartial<MiniProgramSettings>>(fields),
});
const neededOf = (fields: DeepPartial<MiniProgramSettings> = {}, others: Partial<NeededSettings> = {}) => ({
  ...only({ ...NEEDED.settings, ...fields }),
  ...others,
});
const API_DOMAIN = 'https://api.example.com';

const checks = [RolloutCheck.ROLLOUT_CHECK_BASELINE];
const context = contextOf({ spec: specOf({ settings: {}, checks }) });
const withSettings = (facts: TargetFacts, settings: NeededSettings | null = neededOf()) => ({
  ...facts,
  settings,
});
const at = (part: number, fields: Partial<Target> = {}) => running({ step: 'SETTINGS', part, ...fields });
const go = (target: Target, facts: TargetFacts) => inWords(advance(target, facts, context, NOW));
/** The request of a PENDING target with these settings, or where it goes without an operation. */
const admit = (fields: Partial<Target>, settings: NeededSettings) => {
  const admitted = admission(targetOf(fields), withSettings(factsOf(), settings), context, NOW);
  return admitted.kind === 'accept' ? admitted.request : inWords(admitted.move);
};
const done = (result: unknown, settings?: NeededSettings) => withSettings(succeeded(result), settings);
const refused = (error: Parameters<typeof failed>[0], settings?: NeededSettings) =>
  withSettings(failed(error), settings);
const request = (target: Target, settings: NeededSettings | null = neededOf()) =>
  requestOf(target, context, { first: null, settings });
const interfaces = (state: string, refusalReason = '') => ({
  interfaces: [{ apiName: API_NAME, state: `PRIVACY_INTERFACE_STATE_${state}`, refusalReason }],
});

describe('the step SETTINGS', () => {
  it('COMMIT leads to it only in a rollout with settings, and to what the settings name and the guide', () => {
    expect(go(running(), done(null))).toBe('SETTINGS PENDING, passed');
    for (const settings of [only({}), only({ privacyGuide: NEEDED.settings.privacyGuide })])
      expect(go(running(), done(null, settings))).toBe(
        'SETTINGS.2 WAITING for PRIVACY_CHECK until 75 s, passed',
      );
    expect(inWords(advance(running(), succeeded(), contextOf({ spec: specOf({ checks }) }), NOW))).toBe(
      'CHECK PENDING, passed',
    );
  });

  it('Its operations have the settings of the moment, under names of their own', () => {
    const parts = [0, 1, 2, 3, 1_000].map((part) => request(targetOf({ step: 'SETTINGS', part })));
    expect(parts.map((one) => [one?.method, one?.requestId.replace(/^rollout-.{36}-/, '')])).toEqual([
      ['SetServerDomains', 'domains-1'],
      ['SetWebviewDomains', 'webview-1'],
      ['SetPrivacyGuide', 'guide-1'],
      ['ListPrivacyInterfaces', 'interfaces3-1'],
      ['ListPrivacyInterfaces', 'interfaces1000-1'],
    ]);
    expect(parts[0]?.request).toMatchObject({ domains: { request: [API_DOMAIN] } });
    expect(parts[2]?.request).toMatchObject({ guide: { purposes: [{ key: 'Location', text: '地图' }] } });
  });

  it('The domains come first, then the guide once the privacy check is done', () => {
    expect(go(at(0), done({ changed: true }))).toBe('SETTINGS.1 PENDING');
    expect(go(at(1, { privacyAt: later(40_000) }), done({}))).toBe(
      'SETTINGS.2 WAITING for PRIVACY_CHECK until 40 s',
    );
  });

  it('Refused domains fail the target, those that the platform has not registered pause the rollout', () => {
    const answer = { refused: [{ domain: API_DOMAIN }] };
    expect(go(at(0), done(answer))).toBe('SETTINGS FAILED DOMAINS_REFUSED, failed');
    const unregistered = [API_DOMAIN];
    expect(go(at(0), done(answer, neededOf({}, { unregistered })))).toBe('SETTINGS PENDING #2, pauses');
    const inCapitals = neededOf({}, { unregistered: ['https://API.example.com'] });
    expect(go(at(0), done(answer, inCapitals))).toBe('SETTINGS PENDING #2, pauses');
    const own = neededOf({}, { unregistered, ownDomains: unregistered });
    expect(go(at(0), done(answer, own))).toBe('SETTINGS FAILED DOMAIN_NOT_REGISTERED, failed');
  });

  it('85301 without such a domain fails the target, because WeChat refused its domains themselves', () => {
    expect(go(at(0), refused({ errcode: 85301 }))).toBe('SETTINGS FAILED WECHAT_85301, failed');
  });

  it.each([85017, 85018, 85301, 89020, 89021])(
    '%s pauses the rollout, unless the own layer names the domain',
    (errcode) => {
      const unregistered = ['https://www.example.com'];
      expect(go(at(1), refused({ errcode }, neededOf({}, { unregistered })))).toBe(
        'SETTINGS.1 PENDING #2, pauses',
      );
      const own = neededOf({}, { unregistered, ownDomains: unregistered });
      expect(go(at(1), refused({ errcode }, own))).toBe(
        `SETTINGS.1 FAILED DOMAIN_NOT_REGISTERED ${errcode}, failed`,
      );
    },
  );

  it.each([85018, 89020, 89021])(
    '%s for domains that the list of the platform has, or does not hold, fails the target if its own layer names one of them',
    (errcode) => {
      const ownDomains = ['tcp://shop.example.com:81'];
      const settings = neededOf({ serverDomains: { tcp: ownDomains } }, { ownDomains });
      const move = advance(at(0), refused({ errcode }, settings), context, NOW);
      expect(inWords(move)).toBe(`SETTINGS FAILED DOMAINS_REFUSED ${errcode}, failed`);
      expect(move.target.error?.errmsg).toContain(ownDomains[0]);
      const isOfAll = advance(at(1), refused({ errcode }, settings), context, NOW);
      expect(inWords(isOfAll)).toBe('SETTINGS.1 PENDING #2, pauses');
      expect(isOfAll.platformError?.arguments).toEqual({ domains: 'https://www.example.com' });
    },
  );

  it('A personal account without web-view domains fails, unless the settings say that they are optional', () => {
    const error = { reason: 'WEBVIEW_NOT_ALLOWED', errcode: 89231 };
    expect(go(at(1), refused(error))).toBe('SETTINGS.1 FAILED WEBVIEW_NOT_ALLOWED 89231, failed');
    const optional = neededOf({ webviewOptional: true });
    expect(go(at(1), refused(error, optional))).toBe('SETTINGS.2 PENDING');
  });

  it('A guide that does not cover what WeChat detected fails the target before an audit is used', () => {
    const move = advance(at(2), done({ uncoveredKeys: ['Album'] }), context, NOW);
    expect(inWords(move)).toBe('SETTINGS.2 FAILED PRIVACY_TEXT_MISSING, failed');
    expect(move.target.error?.errmsg).toContain('Album');
  });

  it('An interface is applied for once, and waited for until it is open or refused', () => {
    const applying = advance(at(3), done(interfaces('AVAILABLE')), context, NOW);
    expect(inWords(applying)).toBe('SETTINGS.4 PENDING');
    expect(request(applying.target)).toMatchObject({
      method: 'ApplyPrivacyInterface',
      request: { apiName: API_NAME, application: { content: '地图' } },
    });
    const waiting = advance(
      running({ ...applying.target, state: 'RUNNING', operationId: 'op-1' }),
      done({}),
      context,
      NOW,
    );
    expect(inWords(waiting)).toBe('SETTINGS.1000 WAITING for INTERFACE until 1800 s');
    const look = (state: string, reason?: string) =>
      go(at(1_000, { checkResults: { interfaces: [API_NAME] } }), done(interfaces(state, reason)));
    expect(look('IN_REVIEW')).toBe('SETTINGS.1001 WAITING for INTERFACE until 1800 s');
    expect(look('AVAILABLE')).toBe('SETTINGS.1001 WAITING for INTERFACE until 1800 s');
    expect(look('REFUSED', '用途不明')).toBe('SETTINGS.1000 FAILED INTERFACE_REFUSED, failed');
    expect(look('OPEN')).toBe('CHECK PENDING, passed');
  });

  it('A read of the inventory that shows no review lets a target look at its interfaces before it is due', () => {
    const waits = waitingFor('INTERFACE', { step: 'SETTINGS', part: 1_000, dueAt: later(600_000) });
    const since = later(600_000 - 1_800_000);
    const seen = (reviewedAt: Date | null) => go(waits, factsOf({ inventory: inventoryOf({ reviewedAt }) }));
    expect(go(waits, factsOf())).toBe('stays');
    expect(seen(null)).toBe('stays');
    expect(seen(later(-10_000, since))).toBe('stays');
    expect(seen(later(-9_999, since))).toBe('SETTINGS.1000 PENDING');
    expect(go({ ...waits, dueAt: NOW }, factsOf())).toBe('SETTINGS.1000 PENDING');
  });

  it('A target waits for a review only where it sees the read that shows the decision', () => {
    const applied = at(4, { checkResults: { interfaces: [API_NAME] } });
    const looked = at(1_000, { checkResults: { interfaces: [API_NAME] } });
    const seen = (target: Target, result: unknown, inventory: Partial<InventoryFacts>) =>
      go(target, { ...done(result), inventory: inventoryOf(inventory) });
    for (const [target, result, part] of [
      [applied, {}, 1_000],
      [looked, interfaces('IN_REVIEW'), 1_001],
    ] as const) {
      const waits = `SETTINGS.${part} WAITING for INTERFACE until`;
      expect(seen(target, result, { isBusy: true })).toBe(`still SETTINGS.${target.part} RUNNING until 1 s`);
      expect(seen(target, result, { reviewedAt: later(-10_000) })).toBe(`${waits} 1800 s`);
      expect(seen(target, result, { reviewedAt: later(-9_999) })).toBe(`${waits} 10 s`);
    }
  });

  it('An interface that is open, or cannot be applied for, is left to the privacy check', () => {
    for (const state of ['OPEN', 'NOT_PERMITTED'])
      expect(go(at(3), done(interfaces(state)))).toBe('CHECK PENDING, passed');
  });

  it('An interface that was refused before is not applied for again', () => {
    const move = advance(at(3), done(interfaces('REFUSED', '用途不明')), context, NOW);
    expect(inWords(move)).toBe('SETTINGS.3 FAILED INTERFACE_REFUSED, failed');
    expect(move.target.error?.errmsg).toBe(`${API_NAME}: 用途不明`);
  });

  describe('The fingerprint of a target', () => {
    const [one, two] = [neededOf(), neededOf({}, { fingerprint: 'f2' })];
    const none = { ...only({}), fingerprint: '' };
    const webview = { ...only({ webviewDomains: NEEDED.settings.webviewDomains }), fingerprint: 'f3' };
    /** After operations that were accepted with these settings, one after another, and ended with the next ones. */
    const fingerprintAfter = (all: readonly NeededSettings[]) => {
      const facts = all.map((settings) => done(interfaces('OPEN'), settings));
      const target = all.slice(1).reduce(
        (before, _, i) => {
          const { move } = admission(before, facts[i] ?? factsOf(), context, NOW);
          return advance({ ...move.target, operationId: 'op-1' }, facts[i + 1] ?? factsOf(), context, NOW)
            .target;
        },
        targetOf({ step: 'SETTINGS', settingsHash: 'f0' }),
      );
      expect(target.checkResults === null).toBe(target.step === 'CHECK');
      return target.settingsHash;
    };

    it.each<[string, NeededSettings[], string | null]>([
      ['that of the settings that it has applied', [one, one, one, one, one], 'f1'],
      [
        'that of settings that name less than those before the first operation',
        [webview, webview, webview, webview],
        'f3',
      ],
      ['empty if the settings name nothing', [none, none, none], ''],
      ['unset until all are applied', [one, one, one, one], null],
      ['empty if they have changed before an operation', [one, two, two, two, two], ''],
      ['empty if they have changed and were put back', [one, two, one, one, one], ''],
      ['empty if they have changed before the last operation ended', [one, one, one, one, two], ''],
      ['empty if they name nothing any more', [one, none, none], ''],
    ])('It is %s', (_what, settings, fingerprint) => {
      expect(fingerprintAfter(settings)).toBe(fingerprint);
    });
  });

  it('A guide without what WeChat requires fails the target before it is sent', () => {
    const settings = only({ privacyGuide: { purposes: [{ key: 'Location', text: '地图' }] } });
    expect(admit({ step: 'SETTINGS', part: 2 }, settings)).toBe('SETTINGS.2 FAILED GUIDE_INCOMPLETE, failed');
  });

  it.each<[string, DeepPartial<MiniProgramSettings>]>([
    ['Settings without a guide set none', { serverDomains: { request: [API_DOMAIN] } }],
    ['A guide that names no kind of data is not sent', { privacyGuide: { extraText: '补充' } }],
  ])('%s, and pass if the one that WeChat has covers what it detected', (_what, named) => {
    const settings = only(named);
    expect(admit({ step: 'SETTINGS', part: 2 }, settings)).toMatchObject({
      method: 'GetPrivacyGuide',
      requestId: expect.stringMatching(/-guide2-1$/),
    });
    expect(go(at(2), done({ codeExists: true }, settings))).toBe('CHECK PENDING, passed');
    const byHand = { guide: { purposes: [{ key: 'Location', text: '地图' }] } };
    expect(go(at(2), done({ detectedKeys: ['Location'], ...byHand }, settings))).toBe(
      'CHECK PENDING, passed',
    );
    const detected = done({ detectedKeys: ['Location', 'Album'], ...byHand }, settings);
    const move = advance(at(2), detected, context, NOW);
    expect(inWords(move)).toBe('SETTINGS.2 FAILED PRIVACY_TEXT_MISSING, failed');
    expect(move.target.error?.errmsg).toBe('the privacy guide does not cover: Album');
    const deleted = withSettings(factsOf({ operation: 'deleted' }), settings);
    expect(go(at(2), deleted)).toBe('SETTINGS.2 PENDING #2');
  });

  it('Settings that name less than before end it without an operation', () => {
    expect(admit({ step: 'SETTINGS', part: 3 }, only({}))).toBe('CHECK PENDING, passed');
  });
});

describe('COMMIT with settings', () => {
  it('The patches of the layers come before the one of the target', () => {
    const target = targetOf({ extPatch: '{"ext":{"b":2}}' });
    const extJson = String(request(target)?.request.extJson);
    expect(JSON.parse(extJson)).toEqual({ ext: { a: 1, b: 2 }, extAppid: APPID });
  });

  it('A required value that is missing fails the target before the commit', () => {
    expect(admit({}, neededOf({}, { extPatches: [] }))).toBe('COMMIT FAILED EXT_VALUE_MISSING, failed');
  });
});
