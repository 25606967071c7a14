import { describe, expect, it } from '@jest/globals';
import { METHODS, type RequestOf } from '@wxa/contracts';
import { answers, ran, rejects, timesOut } from './fixtures/wechat.js';
import { ROOMS } from './index.js';
import type { Room } from './room.js';

type SetMethod = 'SetServerDomains' | 'SetWebviewDomains' | 'SetPlatformDomains' | 'SetPrivacyGuide';

describe.each<[SetMethod, string, object]>([
  ['SetServerDomains', 'getServerDomains', { domains: {} }],
  ['SetWebviewDomains', 'getEffectiveWebviewDomains', { domains: {} }],
  ['SetPlatformDomains', 'getPlatformServerDomains', { server: {} }],
  ['SetPrivacyGuide', 'getPrivacyGuide', { liveOwner: {} }],
])('%s', (method, read, value) => {
  const run = (request: object, answer: object) => {
    const room = ROOMS[method] as Room<typeof method>;
    return ran(room, METHODS[method].request.fromJSON(request) as RequestOf<SetMethod>, { [read]: answer });
  };

  it(`${method} is not sent if the read before gets no answer or is rejected.`, async () => {
    const late = { kind: 'retryable', cause: 'connect', sent: false };
    expect(await run(value, timesOut)).toMatchObject({ result: late, calls: [read] });
    const refused = { kind: 'error', sent: false, error: { errcode: 48001 } };
    expect(await run(value, rejects(48001))).toMatchObject({ result: refused, calls: [read] });
  });

  it(`${method} is not sent if its settings were not applied.`, async () => {
    const { result } = await run({ fromSettings: true }, answers({}));
    expect(result).toMatchObject({ kind: 'error', sent: false, error: { reason: 'INTERNAL' } });
  });
});
