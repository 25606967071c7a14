import { describe, expect, it } from '@jest/globals';
import { type DeepPartial, MiniProgramSettings } from '@wxa/contracts';
import fc from 'fast-check';
import { mergeLayers } from './merge.js';

type Given = DeepPartial<MiniProgramSettings>;

const merged = (...given: Given[]) =>
  mergeLayers(
    given.map((settings, i) => ({
      scope: `LABEL:${i}`,
      version: 1n,
      settings: MiniProgramSettings.fromPartial(settings),
    })),
  );
const guide = (...given: Given['privacyGuide'][]) =>
  merged(...given.map((privacyGuide) => ({ privacyGuide }))).settings.privacyGuide;

describe('mergeLayers', () => {
  it('Domains, pointers and interfaces of all layers are united, each once', () => {
    const { settings } = merged(
      {
        serverDomains: { request: ['https://b.example', 'https://a.example'], tcp: ['tcp://a'] },
        requiredExtPointers: ['/a'],
        interfaces: [{ apiName: 'wx.getLocation' }],
      },
      {
        serverDomains: { request: ['https://a.example'], websocket: ['wss://a.example'] },
        webviewDomains: ['https://w.example'],
        requiredExtPointers: ['/b', '/a'],
        interfaces: [
          { apiName: 'wx.getLocation', application: { content: '门店' } },
          { apiName: 'wx.chooseAddress' },
        ],
      },
      { interfaces: [{ apiName: 'wx.getLocation' }], webviewOptional: true },
    );
    expect(settings).toMatchObject({
      serverDomains: {
        request: ['https://a.example', 'https://b.example'],
        websocket: ['wss://a.example'],
        tcp: ['tcp://a'],
      },
      webviewDomains: ['https://w.example'],
      requiredExtPointers: ['/a', '/b'],
      interfaces: [
        { apiName: 'wx.getLocation', application: { content: '门店' } },
        { apiName: 'wx.chooseAddress', application: undefined },
      ],
      webviewOptional: true,
    });
  });

  it('Of the fields of the owner and the extra text the last that is set counts', () => {
    expect(
      guide(
        { owner: { phone: '1', noticeMethod: '弹窗', storageDays: 30 }, extraText: 'a' },
        { owner: { phone: '2', email: 'a@b.c' }, extraText: 'b' },
        { owner: { phone: '' } },
      ),
    ).toMatchObject({
      owner: { phone: '2', email: 'a@b.c', noticeMethod: '弹窗', storageDays: 30 },
      extraText: 'b',
    });
  });

  it('A purpose of a later layer replaces the one of its key, and an empty text removes it', () => {
    const purpose = (key: string, text: string) => ({ key, text });
    expect(
      guide(
        { purposes: [purpose('UserInfo', 'a'), purpose('Location', 'b'), purpose('Album', 'c')] },
        { purposes: [purpose('Location', ''), purpose('Album', 'd')] },
      )?.purposes,
    ).toEqual([purpose('UserInfo', 'a'), purpose('Album', 'd')]);
  });

  it('An SDK is merged by its name, and one without provider and purposes removes it', () => {
    const purposes = [{ key: 'UserInfo', text: 'a' }];
    expect(
      guide(
        {
          sdks: [
            { name: 'A', provider: 'x', purposes },
            { name: 'B', provider: 'y', purposes },
          ],
        },
        { sdks: [{ name: 'A', provider: 'z' }, { name: 'B' }] },
      )?.sdks,
    ).toEqual([{ name: 'A', provider: 'z', purposes }]);
  });

  it('Parts that no layer names stay unset, and have no fingerprint', () => {
    const { settings, fingerprint, extPatches } = merged({ extJson: '{"a":1}' }, {});
    expect(settings).toEqual(MiniProgramSettings.create());
    expect({ fingerprint, extPatches }).toEqual({ fingerprint: '', extPatches: ['{"a":1}'] });
  });

  it('The fingerprint depends on domains and guide, and not on layers, their order of domains or other parts', () => {
    const one = merged({ webviewDomains: ['https://a', 'https://b'], extJson: '{}' });
    const other = merged(
      { webviewDomains: ['https://b'] },
      { webviewDomains: ['https://a'], interfaces: [] },
    );
    expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(other.fingerprint).toBe(one.fingerprint);
    const changed = merged({ webviewDomains: ['https://a'], privacyGuide: { extraText: 'x' } });
    expect(changed.fingerprint).not.toBe(one.fingerprint);
  });

  it('A layer that is applied twice changes nothing', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c'));
    const text = fc.constantFrom('', 'x', 'y');
    const purposes = fc.array(fc.record({ key: fc.constantFrom('K', 'L'), text }));
    const settings = fc.record({
      webviewDomains: names,
      privacyGuide: fc.record({
        owner: fc.record({ phone: text, noticeMethod: text }),
        purposes,
        extraText: text,
      }),
    });
    fc.assert(
      fc.property(settings, settings, (first, second) => {
        const both = merged(first, second).settings;
        expect(merged(first, second, second).settings).toEqual(both);
      }),
    );
  });
});
