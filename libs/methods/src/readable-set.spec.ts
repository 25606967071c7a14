import { describe, expect, it } from '@jest/globals';
import { METHODS, type RequestOf, ServerDomains } from '@wxa/contracts';
import { answers, ran, rejects, timesOut } from './fixtures/wechat.js';
import { ROOMS } from './index.js';
import type { Room } from './room.js';

type SetMethod = 'SetServerDomains' | 'SetWebviewDomains' | 'SetPlatformDomains' | 'SetPrivacyGuide';

const GUIDE = { codeExists: true, detectedKeys: [], purposes: [], sdks: [], owner: { extFileMediaId: '' } };

/** With what WeChat shows before, which is another value than the given one, and errcodes that have no meaning of their own. */
const SETS: { method: SetMethod; read: string; shown: object; value: object; errcodes: number[] }[] = [
  {
    method: 'SetServerDomains',
    ...{ read: 'getServerDomains', shown: ServerDomains.fromPartial({}) },
    value: { domains: { request: ['https://a.cn'] } },
    errcodes: [85015, 85016, 85017, 85018, 85301, 85302, 85303, 86100, 86101],
  },
  {
    ...{ method: 'SetWebviewDomains', read: 'getEffectiveWebviewDomains', shown: { setByPlatform: [] } },
    value: { domains: { domains: ['https://a.cn'] } },
    errcodes: [89020, 89021, 89029],
  },
  {
    method: 'SetPlatformDomains',
    ...{ read: 'getPlatformServerDomains', shown: { published: [], testing: [] } },
    value: { server: { domains: ['a.cn'] }, publishedTogether: true },
    errcodes: [45104, 65316, 9410016],
  },
  {
    ...{ method: 'SetPrivacyGuide', read: 'getPrivacyGuide', shown: GUIDE },
    value: { guide: { owner: { email: 'a@b.cn', noticeMethod: '弹窗' } } },
    errcodes: [86069, 86070, 86072, 86073, 48001],
  },
];

describe.each(SETS)('$method', ({ method, read, shown, value, errcodes }) => {
  const set = read.replace(/^get(Effective)?/, 'set');
  const run = (request: object, client: object) => {
    const room = ROOMS[method] as Room<typeof method>;
    return ran(room, METHODS[method].request.fromJSON(request) as RequestOf<SetMethod>, client);
  };

  it(`${method} is not sent if the read before gets no answer or is rejected.`, async () => {
    const late = { kind: 'retryable', cause: 'connect', sent: false };
    expect(await run(value, { [read]: timesOut })).toMatchObject({ result: late, calls: [read] });
    const refused = { kind: 'error', sent: false, error: { errcode: 48001 } };
    expect(await run(value, { [read]: rejects(48001) })).toMatchObject({ result: refused, calls: [read] });
  });

  it(`${method} is not sent if its settings were not applied.`, async () => {
    const { result } = await run({ fromSettings: true }, { [read]: answers({}) });
    expect(result).toMatchObject({ kind: 'error', sent: false, error: { reason: 'INTERNAL' } });
  });

  it.each(errcodes)(
    `${method} that WeChat rejects with %i fails with the reason of the table.`,
    async (errcode) => {
      const { result, calls } = await run(value, { [read]: answers(shown), [set]: rejects(errcode) });
      expect(result).toMatchObject({ kind: 'error', error: { errcode, reason: 'OF_THE_TABLE' } });
      expect(calls).toEqual([read, set]);
    },
  );

  it(`${method} without an answer is ambiguous, so that it is reconciled.`, async () => {
    const { result } = await run(value, { [read]: answers(shown), [set]: timesOut });
    expect(result).toMatchObject({ kind: 'ambiguous', cause: 'timeout' });
  });
});
