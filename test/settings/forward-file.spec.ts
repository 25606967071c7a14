import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';
import { ForwardTarget } from '../gateway/forward-target.js';
import { gatewayEnv } from '../gateway/running-gateway.js';
import { useGateway } from '../gateway/use-gateway.js';
import { scrape } from '../metrics/exposition.js';
import { mainOf, runNode } from '../programs.js';
import { useFolder } from '../use-folder.js';

const folder = useFolder();
const path = join(folder, 'forwards.yaml');
const target = new ForwardTarget();
let at: string;
const fileOf = (...events: string[]) =>
  `version: 1\nforwards:\n  - { name: kf, events: [${events.join(', ')}], url: "${at}/$APPID$" }\n`;
writeFileSync(path, 'version: 1\nforwards: []\n');
const { gateway, backends, database } = useGateway({ CALLBACK_FORWARD_FILE: path });
beforeAll(async () => {
  at = await target.listen();
});
beforeEach(() => target.reset());
afterAll(() => target.close());

/** Replaces the file at once, as Kubernetes does. */
function replace(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Whether a message of this type reaches the target. */
async function isForwarded(type: string): Promise<boolean> {
  const before = target.received.length;
  const body = `<xml><ToUserName>gh_1</ToUserName><CreateTime>1</CreateTime><MsgType>${type}</MsgType></xml>`;
  const response = await fetch(`${gateway.http}/wechat/callback/${newAppid()}`, { method: 'POST', body });
  expect(response.status).toBe(200);
  return target.received.length > before;
}

const isInvalid = async () => (await scrape(gateway.http)).get('wxa_callback_forward_file_invalid');

it('A new version of the file applies within seconds, and the trail says so', async () => {
  expect(await isForwarded('text')).toBe(false);
  replace(fileOf('text'));
  await eventually(() => isForwarded('text'));
  expect(await isForwarded('image')).toBe(false);
  const rows = await eventually(async () => {
    const found = await database.rows(
      `select detail from trail where action = 'forwards.loaded' order by at`,
    );
    return found.length === 2 && found;
  });
  expect(rows[1]).toMatchObject({
    detail: { forwards: ['kf'], before: expect.any(String) },
  });
});

it('An invalid version changes nothing and is reported, until a valid one follows', async () => {
  replace(fileOf('text'));
  await eventually(() => isForwarded('text'));
  replace(fileOf('text').replace('url', 'uri'));
  await eventually(async () => expect(await isInvalid()).toBe(1));
  expect(await isForwarded('text')).toBe(true);
  const [line] = await logged(gateway.app, 'forward file invalid');
  expect(line).toMatchObject({ errors: expect.arrayContaining([`${path}:3: forwards.0.uri: unknown key`]) });
  replace(fileOf('image'));
  await eventually(async () => expect(await isInvalid()).toBe(0));
  expect([await isForwarded('text'), await isForwarded('image')]).toEqual([false, true]);
});

it('A rule whose host is the appid applies, and is one in plain text', async () => {
  const isPlain = async () =>
    (await scrape(gateway.http)).get('wxa_insecure_setting{setting="forward_plaintext"}');
  replace('version: 1\nforwards:\n  - { name: each, events: [voice], url: "http://$APPID$:9/callback" }\n');
  await eventually(async () => expect(await isPlain()).toBe(1));
});

it.each([
  ['is invalid', 'version: 1\nforwards: [{ name: a }]\n', /forwards\.0\.url/],
  ['is missing', undefined, /cannot be read/],
  [
    'forwards tickets with tokens of its own',
    'version: 1\nforwards: [{ name: a, events: [component_verify_ticket], url: "https://a" }]\n',
    /component_verify_ticket cannot be forwarded/,
  ],
])('A gateway whose forward file %s exits with 78 at the start', async (what, text, reason) => {
  const file = join(folder, `${what}.yaml`);
  if (text !== undefined) writeFileSync(file, text);
  const env = { ...gatewayEnv(backends), ...COMPONENT_SETTINGS, CALLBACK_FORWARD_FILE: file };
  const { code, stdout, stderr } = await runNode([mainOf('gateway'), '--check'], env);
  expect([code, stdout + stderr]).toEqual([78, expect.stringMatching(reason)]);
});
