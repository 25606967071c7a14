import { expect, it } from '@jest/globals';
import { GetPlatformDomainsRequest, type RequestOf, SetPlatformDomainsRequest } from '@wxa/contracts';
import { answers, concluded, contextOf, invalidFields, ran, timesOut } from '../fixtures/wechat.js';
import { getPlatformDomains } from './get-platform-domains.js';
import { setPlatformDomains } from './set-platform-domains.js';

const NAMES = { server: 'Server', webview: 'Webview' } as const;
type Which = keyof typeof NAMES;

const lists = (published: string[], testing: string[]) => ({ published, testing });
const of = (
  which: Which,
  domains: string[],
  publishedTogether?: boolean,
): RequestOf<'SetPlatformDomains'> => ({
  ...SetPlatformDomainsRequest.fromPartial({}),
  ...{ value: { $case: which, value: { domains } }, publishedTogether },
});

const keeping = () => {
  const kept: object[] = [];
  const keepPlatformDomains = async (given: object) => void kept.push(given);
  return { kept, setup: { ...contextOf({}).setup, keepPlatformDomains } };
};

const run = (which: Which, read: object, set: object, publishedTogether = true) => {
  const { kept, setup } = keeping();
  const client = {
    [`getPlatform${NAMES[which]}Domains`]: read,
    [`setPlatform${NAMES[which]}Domains`]: set,
  };
  const request = of(which, ['a.cn', 'b.cn'], publishedTogether);
  return ran(setPlatformDomains, request, client, { setup }).then((made) => ({ ...made, kept }));
};

it.each<Which>(['server', 'webview'])(
  'The whole %s list of the platform is set, and what was read is kept.',
  async (which) => {
    const before = lists(['a.cn'], ['a.cn']);
    const now = lists(['a.cn', 'b.cn'], ['a.cn', 'b.cn']);
    const { result, calls, kept } = await run(which, answers(before), answers({ ...now, invalid: ['c.cn'] }));
    expect(result).toEqual({ kind: 'ok', value: { changed: true, domains: now, invalid: ['c.cn'] } });
    expect(calls).toEqual([`getPlatform${NAMES[which]}Domains`, `setPlatform${NAMES[which]}Domains`]);
    expect(kept).toEqual([{ [which]: before }, { [which]: now }]);
  },
);

it.each([
  [lists(['b.cn', 'A.cn'], ['a.cn', 'b.cn']), true, false],
  [lists([], ['a.cn', 'b.cn']), true, true],
  [lists([], ['a.cn', 'b.cn']), false, false],
  [lists(['a.cn', 'b.cn'], ['a.cn']), true, true],
])(
  'If WeChat has %j and live versions count: %s, the list is sent: %s.',
  async (shown, published, isSent) => {
    const set = answers({ ...shown, invalid: [] });
    const { result, calls } = await run('server', answers(shown), set, published);
    expect(calls).toHaveLength(isSent ? 2 : 1);
    expect(result).toMatchObject({ kind: 'ok', value: { changed: isSent } });
  },
);

it('A list in doubt was set if WeChat has it, and is sent again otherwise.', async () => {
  const read = (shown: string[]) =>
    concluded(
      setPlatformDomains,
      { request: of('webview', ['a.cn'], true) },
      { getPlatformWebviewDomains: answers(lists(shown, shown)) },
    );
  expect(await read(['a.cn'])).toMatchObject({ kind: 'executed', result: { changed: true } });
  expect(await read([])).toEqual({ kind: 'not-executed' });
});

it('A list, its kind and published_together are required; domains are names without a scheme.', () => {
  const fields = (request: RequestOf<'SetPlatformDomains'>) => invalidFields(setPlatformDomains, request);
  expect(fields(SetPlatformDomainsRequest.fromPartial({}))).toEqual(['value', 'published_together']);
  expect(fields(of('server', ['a.cn'], false))).toEqual([]);
  expect(fields(of('server', ['https://a.cn', 'a.cn;b.cn', '1.2.3.4'], true))).toEqual(
    [0, 1, 2].map((i) => `server.domains[${i}]`),
  );
  const many = (length: number) => Array.from({ length }, (_, i) => `a${i}.cn`);
  expect(fields(of('server', many(1_000), true))).toEqual([]);
  expect(fields(of('server', many(1_001), true))).toEqual(['server.domains']);
  expect(fields(of('webview', many(301), true))).toEqual(['webview.domains']);
});

it('GetPlatformDomains reads and keeps both lists, and keeps nothing if a read fails.', async () => {
  const request = GetPlatformDomainsRequest.fromPartial({});
  const [server, webview] = [lists(['a.cn'], ['a.cn']), lists([], ['h5.cn'])];
  const reads = (second: object) => ({
    getPlatformServerDomains: answers(server),
    getPlatformWebviewDomains: second,
  });
  const both = keeping();
  const { result } = await ran(getPlatformDomains, request, reads(answers(webview)), { setup: both.setup });
  expect([result, both.kept]).toEqual([{ kind: 'ok', value: { server, webview } }, [{ server, webview }]]);
  const none = keeping();
  const failed = await ran(getPlatformDomains, request, reads(timesOut), { setup: none.setup });
  expect([failed.result.kind, none.kept]).toEqual(['ambiguous', []]);
});
