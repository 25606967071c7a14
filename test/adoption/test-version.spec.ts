import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { useFolder } from '../use-folder.js';
import { useWorld, world } from '../use-world.js';
import { OldProgram } from './old-program.js';

const LOAD = byLength({ short: { perSecond: 20, stayS: 3 }, long: { perSecond: 50, stayS: 60 } });
const NAMES = ['text', 'image', 'shop_order'];
const appids = Array.from({ length: 20 }, newAppid);
const listed = appids.slice(0, 10);
/** Of the old program. The gateway knows those of the new version only. */
const OLD_SECRETS = {
  callbackToken: 'of-the-old-program',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};

const folder = useFolder();
let old: OldProgram;
let port: number;
useWorld(async () => {
  port = await freePort();
  const program = `http://127.0.0.1:${port}`;
  const file = join(folder, 'forwards.yaml');
  const rule = `{ name: old-program, events: ["*"], url: "${program}/wechat/forwarded/$APPID$" }`;
  writeFileSync(file, `version: 1\nforwards:\n  - ${rule}\n`);
  return {
    env: {
      ...{ SIM_TOKEN_MODE: 'component', SIM_TICKET_INTERVAL_MS: '0' },
      ...{ SIM_CALLBACK_URL: `${program}/wechat/$APPID$`, CALLBACK_FORWARD_FILE: file },
      ...{ WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: `${program}/token` },
    },
  };
});
beforeAll(async () => {
  const { WECHAT_CALLBACK_TOKEN = '', WECHAT_ENCODING_AES_KEY = '' } = world.settings;
  const settings = {
    ...{ ...world.settings, WECHAT_API_URL: world.stack.addresses.wechat },
    WECHAT_CALLBACK_TOKEN: OLD_SECRETS.callbackToken,
    WECHAT_ENCODING_AES_KEY: OLD_SECRETS.encodingAesKey,
    WECHAT_CALLBACK_TOKEN_PREVIOUS: WECHAT_CALLBACK_TOKEN,
    WECHAT_ENCODING_AES_KEY_PREVIOUS: WECHAT_ENCODING_AES_KEY,
  };
  old = await OldProgram.start(port, settings, folder);
  await world.sim.registerUrl(versions().old.callbackUrl, undefined, OLD_SECRETS);
});
afterAll(() => old?.stop());

function versions() {
  const { WECHAT_CALLBACK_TOKEN: callbackToken = '', WECHAT_ENCODING_AES_KEY: encodingAesKey = '' } =
    world.settings;
  const callbackUrl = `${world.stack.addresses.http}/wechat/callback/$APPID$`;
  return {
    old: { callbackUrl: `${old.url}/wechat/$APPID$`, ...OLD_SECRETS },
    new: { callbackUrl, callbackToken, encodingAesKey },
  };
}

/** How the old program gets a callback: from WeChat, or from the gateway. */
type Way = 'direct' | 'forwarded';
interface Stay {
  from: number;
  to: number;
  listed: Way;
  others: Way;
}
const stays: Stay[] = [];
const sent = async () => (await world.sim.load()).sent;

/** Stays for a while, and expects one ticket for each way. */
async function stay(ways: Pick<Stay, 'listed' | 'others'>): Promise<void> {
  const from = await sent();
  const to = from + LOAD.stayS * LOAD.perSecond;
  await expectTickets([...new Set(Object.values(ways))]);
  // Those of the last second may arrive after the next change.
  await eventually(async () => (await sent()) > to + LOAD.perSecond, 120_000);
  stays.push({ from, to, ...ways });
}

async function expectTickets(ways: Way[]): Promise<void> {
  const tickets = async () =>
    (await old.callbacks()).filter(({ fields }) => fields.InfoType === 'component_verify_ticket');
  const before = (await tickets()).length;
  const { answers } = await world.sim.pushOfComponent();
  expect(answers).toEqual(ways.map(() => ({ status: 200, body: 'success' })));
  expect((await tickets()).slice(before).map(wayOf).sort()).toEqual(ways.toSorted());
}

const wayOf = ({ path }: { path: string }): Way =>
  path.startsWith('/wechat/forwarded/') ? 'forwarded' : 'direct';

it(
  'Ten mini-programs of the test version are in front of the old program while the others stay with it, then all are, and back, without a missing callback',
  async () => {
    const { sim } = world;
    await sim.startLoad({
      ...{ rate: LOAD.perSecond, names: NAMES, appids },
      ...{ seconds: 86_400, retryMs: 1_000 },
    });
    await stay({ listed: 'direct', others: 'direct' });

    await sim.registerTestUrl({ ...versions().new, appids: listed });
    await stay({ listed: 'forwarded', others: 'direct' });
    await expect(sim.publish()).rejects.toThrow('was not checked');
    expect(await sim.checkPublishing()).toEqual({ text: true, api: true });
    await sim.publish();
    await stay({ listed: 'forwarded', others: 'forwarded' });

    await sim.registerTestUrl({ ...versions().old, appids: listed });
    await stay({ listed: 'direct', others: 'forwarded' });
    expect(await sim.checkPublishing()).toEqual({ text: true, api: true });
    await sim.publish();
    await stay({ listed: 'direct', others: 'direct' });

    await sim.stopLoad();
    await eventually(async () => (await sim.load()).open === 0);
    await expectCallbacks();
  },
  byLength({ short: 300_000, long: 900_000 }),
);

async function expectCallbacks(): Promise<void> {
  const results = await world.sim.loadResults();
  expect(results.filter(({ isAccepted }) => !isAccepted)).toEqual([]);
  const owners = new Map(results.map(({ id, appid }) => [id, appid]));
  const ways = new Map<string, Set<Way>>();
  for (const callback of await old.callbacks()) {
    const { Id: id = '' } = callback.fields;
    ways.set(id, (ways.get(id) ?? new Set()).add(wayOf(callback)));
  }
  const wayTo = (id: string) => [...(ways.get(id) ?? [])].join(' and ');
  expect([...owners.keys()].filter((id) => !ways.has(id))).toEqual([]);
  const forwarded: string[] = [];
  for (const { from, to, ...expected } of stays) {
    const ids = Array.from({ length: to - from }, (_, i) => `load-${from + i}`);
    const isListed = (id: string) => listed.includes(owners.get(id) ?? '');
    const way = (id: string) => (isListed(id) ? expected.listed : expected.others);
    expect(ids.filter((id) => wayTo(id) !== way(id))).toEqual([]);
    forwarded.push(...ids.filter((id) => way(id) === 'forwarded'));
  }
  await eventually(() => {
    const events = world.messages('PlatformEvent');
    const onTopic = new Set(events.map(({ json }) => (json.fields as Record<string, string>).Id));
    expect(forwarded.filter((id) => !onTopic.has(id))).toEqual([]);
  });
  const texts = (await world.sim.pushes()).filter(({ event, status }) => event === 'text' && status === 200);
  const silent = texts.filter(({ reply, body }) => reply === undefined && !body.includes('QUERY_AUTH_CODE'));
  expect(silent).toEqual([]);
}
