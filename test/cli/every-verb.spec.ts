import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newApiKey } from '@wxa/policy';
import { png } from '../gateway/uploads.js';
import { readMetric, scrape } from '../metrics/exposition.js';
import { useFolder } from '../use-folder.js';
import { eventually, newAppid, useWorld, world, wxaEnv } from '../use-world.js';
import { startWxa, type WxaResult } from '../wxa.js';
import { textOfDrawing } from './drawn-qr-code.js';
import { type DocumentedVerb, verbsOfPage } from './verbs-of-page.js';

/** The mini-programs of the examples. */
const APPIDS = ['wx0123456789abcdef', 'wxfedcba9876543210'];
const IMPORTED = newAppid();
const APPID = newAppid();
const REASON = ['--reason', '测试'];

useWorld({ env: { WECHAT_TOKEN_SOURCE: 'component' } });

const folder = useFolder();
beforeAll(async () => {
  await Promise.all([...APPIDS, IMPORTED, APPID].map((appid) => world.sim.authorize(appid)));
  const known = () => world.sql('select from authorizers where access_token is not null');
  await eventually(async () => (await known()).length === 4);
  await world.sql('delete from authorizers where appid = $1', [IMPORTED]);
  // An unfinished operation, for the stream; without a command, no worker runs it.
  await world.sql(
    `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent)
     values ('01999999-0000-7000-8000-000000000001', $1, 'watched', '', 'SubmitAudit', true, '{}', now(), '')`,
    [newAppid()],
  );
  const { refreshToken } = await world.sim.authorization(IMPORTED);
  const line = JSON.stringify({ appid: IMPORTED, refresh_token: refreshToken });
  await writeFile(join(folder, 'authorizers.jsonl'), `${line}\n`);
  await writeFile(join(folder, 'screen.png'), png(1_000));
  const { id, sha256 } = newApiKey();
  const shop = `{ name: shop, credentials: [{ apiKey: { id: "${id}", sha256: "${sha256}" } }], allow: [{ methods: ["*"], appids: all }] }`;
  await writeFile(join(folder, 'policy.yaml'), `version: 1\ncallers:\n  - ${shop}\n`);
});

const settings = (): Record<string, string> => ({
  ...{ ...wxaEnv(), WXA_GATEWAY: world.stack.addresses.grpc, WXA_PLAINTEXT: '1' },
  CONSOLE_USERS_FILE: join(folder, 'users.json'),
  SECRETS_KEY: world.settings.SECRETS_KEY ?? '',
  SECRETS_KEY_PREVIOUS: Buffer.alloc(32, 7).toString('base64'),
});
const start = (args: string[], input?: string) =>
  startWxa(args, settings(), { cwd: folder, ...(input !== undefined && { input }) });
const run = (args: string[], input?: string): Promise<WxaResult> => start(args, input).ended;
const json = async (args: string[]) => JSON.parse((await run([...args, '--json'])).out);

/** The exit codes of the examples that do not end with 0, and what they say. */
const OTHER_ENDS: Record<string, [number, string]> = {
  call: [64, 'CALL_NOT_LISTED'],
  // The settings of the apps are not in its environment.
  'adopt check': [1, ''],
  'audits get': [1, 'AUDIT_NOT_FOUND'],
  'ops get': [1, 'OPERATION_NOT_FOUND'],
  'ops wait': [1, 'OPERATION_NOT_FOUND'],
  'templates delete': [1, ''],
  screenshot: [1, 'MATERIAL_NOT_FOUND'],
  'dlq show': [1, 'no such message'],
  restore: [75, 'worker'],
};

/** It ends what the others need. */
const FORGET = 'authorizers forget-tokens';

/** The rollout of their examples does not exist. */
const OF_ROLLOUTS = ['create', 'list'].map((name) => `rollouts ${name}`);

function endOf(name: string): [number, string] {
  if (name === 'ops watch') return [130, ''];
  if (name.startsWith('rollouts ') && !OF_ROLLOUTS.includes(name)) return [1, 'ROLLOUT_NOT_FOUND'];
  return OTHER_ENDS[name] ?? [0, ''];
}

async function example({ name, args }: DocumentedVerb): Promise<void> {
  const running = start([...args, '--json'], name.startsWith('users ') ? 'correct horse battery\n' : '');
  if (name === 'ops watch') {
    await eventually(() => running.result.out.includes('\n'));
    running.child.kill('SIGINT');
  }
  const { code, out, err } = await running.ended;
  const [expected, message] = endOf(name);
  expect({ name, code, err }).toEqual({ name, code: expected, err: expect.stringContaining(message) });
  const documents = out.split('\n').filter(Boolean);
  for (const document of documents) expect(typeof JSON.parse(document)).toBe('object');
  if (code === 0) expect({ name, documents }).toEqual({ name, documents: [expect.anything()] });
}

const commit = ['commit', '--appid', APPID, '--template-id', '1', '--user-version', '2.0'];

describe('wxa', () => {
  it('The example of every verb runs as it stands, with one JSON document, or JSON lines for a stream', async () => {
    await Promise.all(
      verbsOfPage().map(async (verbs) => {
        for (const verb of verbs) if (verb.name !== FORGET) await example(verb);
      }),
    );
    const [row] = await world.sql('select state from authorizers where appid = $1', [IMPORTED]);
    expect(row).toEqual({ state: 'AUTHORIZED' });
    const series = [...(await scrape(world.stack.addresses.http))];
    const succeeded = series.filter(
      ([name, calls]) => /handled_total.*grpc_code="OK"/.test(name) && calls > 0,
    );
    const names = succeeded.map(([name]) => /grpc_method="(\w+)"/.exec(name)?.[1]);
    const authorizers = ['GetAuthorizer', 'ListAuthorizers', 'RemoveAuthorizer', 'ImportAuthorizer'];
    const others = ['CreateAuthorizationLink', 'UploadAuditMedia'];
    expect(names).toEqual(expect.arrayContaining([...authorizers, ...others]));
  }, 600_000);

  it('A change prints its operation and follows it to the end, and a repeated request id returns the same one', async () => {
    const { id, requestId, state } = await json([...commit, '--wait']);
    expect(state).toBe('OPERATION_STATE_SUCCEEDED');
    const repeated = await run([...commit, '--request-id', requestId]);
    expect(repeated.out).toContain(`id\t${id}\n`);
    const failed = await run([...commit.with(4, '99999999'), '--wait']);
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/^state\tFAILED$(.|\n)*^error\.reason\t\w+$(.|\n)*^error\.hint\t/m);
  });
});

describe('wxa rollouts', () => {
  it('A rollout is watched until it has ended, with one line for each change', async () => {
    const spec = JSON.stringify({
      name: 'one',
      template_id: 1,
      user_version: '9.0.0',
      last_step: 'ROLLOUT_STEP_COMMIT',
    });
    const selection = JSON.stringify({ appids: { appids: [newAppid()] } });
    const create = ['rollouts', 'create', '--spec', spec, '--selection', selection];
    const { id } = await json(create);
    const watching = start(['rollouts', 'watch', id]);
    await eventually(() => watching.result.out.includes(`${id}\tDRAFT\t0\t1\t\tCOMMIT PENDING 1\n`));
    expect(await run(['rollouts', 'cancel', id, ...REASON])).toMatchObject({ code: 0 });
    expect(await watching.ended).toMatchObject({
      code: 1,
      out: expect.stringContaining(`${id}\tCANCELLED\t1\t1\t\tCOMMIT CANCELLED 1\n`),
    });
  });
});

describe('wxa ops', () => {
  it('An interrupted --wait leaves its operation running and says how to follow it', async () => {
    await run(['quota', 'stop', 'wxa/commit', '--until', '2099-01-01T00:00:00Z', ...REASON]);
    const [worker = ''] = world.stack.addresses.workers;
    await eventually(async () => (await readMetric(worker, 'wxa_api_paused{api="wxa/commit"}')) === 1);
    const waiting = start([...commit, '--request-id', 'interrupted', '--wait']);
    const ids = () => world.sql<{ id: string }>(`select id from operations where request_id = 'interrupted'`);
    await eventually(async () => (await ids()).length === 1);
    const [{ id } = { id: '' }] = await ids();
    const late = await run(['ops', 'wait', id, '--timeout', '500ms']);
    expect([late.code, late.err]).toEqual([75, expect.stringContaining(`operation ${id} continues`)]);
    waiting.child.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({
      code: 130,
      out: '',
      err: expect.stringContaining(
        `interrupted: operation ${id} continues; follow it with \`wxa ops wait ${id}\``,
      ),
    });
    expect((await json(['ops', 'get', id])).state).toMatch(/QUEUED|RETRYING/);
    await run(['quota', 'lift', 'wxa/commit']);
    expect(await run(['ops', 'wait', id])).toMatchObject({ code: 0 });
  });

  it('A wait for an operation in doubt continues while it is reconciled, and ends with 2 once it needs an operator', async () => {
    const { id } = await json([...commit, '--wait']);
    const inDoubt = `state = 'IN_DOUBT', ended_at = null, asks = 1, ask_at = now() + interval '1 hour'`;
    await world.sql(`update operations set ${inDoubt} where id = $1`, [id]);
    const late = await run(['ops', 'wait', id, '--timeout', '200ms']);
    expect([late.code, late.err]).toEqual([2, expect.stringContaining(`still IN_DOUBT: operation ${id}`)]);
    const waiting = start(['ops', 'wait', id, '--timeout', '10m']);
    const pending = async () => (await scrape(world.stack.addresses.http)).get('wxa_pending_queries');
    await eventually(async () => (await pending()) === 1);
    await world.sql('update operations set ask_at = null where id = $1', [id]);
    const left = await waiting.ended;
    expect([left.code, left.err]).toEqual([2, expect.stringContaining(`wxa ops resolve ${id}`)]);
    const resolve = ['ops', 'resolve', id, '--resolution', 'DONE', ...REASON];
    expect(await run(resolve)).toMatchObject({ code: 0 });
  });

  it('Operations in doubt are resolved once their number has been typed', async () => {
    const { id } = await json([...commit, '--wait']);
    const [method, decision] = [
      ['--method', 'Commit'],
      ['--resolution', 'NOT_DONE', ...REASON],
    ];
    await world.sql(`update operations set state = 'IN_DOUBT', ended_at = null where id = $1`, [id]);
    const resolve = ['ops', 'resolve', ...method, ...decision];
    const refused = await run(resolve, '2\n');
    expect([refused.code, refused.err]).toEqual([
      64,
      expect.stringContaining('1 operation will be resolved'),
    ]);
    expect((await json(['ops', 'list', '--state', 'IN_DOUBT'])).operations).toMatchObject([{ id }]);
    expect(await run(resolve, '1\n')).toMatchObject({
      code: 0,
      out: '1 operation resolved, 0 too late, 0 left\n',
    });
    expect((await json(['ops', 'wait', id])).error).toMatchObject({ reason: 'RESOLVED_NOT_DONE' });
  });
});

describe('pictures', () => {
  it('A trial QR code drawn in the terminal decodes to the text of WeChat’s image', async () => {
    const trialQr = ['trial-qr', '--appid', APPID, '--path', 'index?day=1'];
    const lines = (await run(trialQr)).out.trimEnd().split('\n');
    expect(lines.at(-1)).toContain(`appid=${APPID}&path=index%3Fday%3D1`);
    expect(textOfDrawing(lines.slice(0, -1))).toBe(lines.at(-1));
    const saved = await run([...trialQr, '--output', 'trial.jpg']);
    expect(saved.out).toBe('trial.jpg\n');
    expect((await readFile(join(folder, 'trial.jpg'))).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  });

  it('A screenshot of a rejected audit is saved as the picture that it is', async () => {
    const code = { template_id: 0, ext_json: '{}', user_version: 'v1' };
    await world.sim.byHand(APPID, { api: 'wxa/commit', body: code });
    const item = { first_class: '文娱', second_class: '资讯', first_id: 1, second_id: 2 };
    await world.sim.byHand(APPID, { api: 'wxa/submit_audit', body: { item_list: [item] } });
    await world.sim.decide(APPID, { decision: 'reject', screenshot: 'shot-1|shot-2', push: { none: true } });
    const { out } = await run(['screenshot', '--appid', APPID, '--media-id', 'shot-2']);
    expect(out).toMatch(/\/screenshot\.jpg\n$/);
    expect((await readFile(out.trimEnd())).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    await rm(dirname(out), { recursive: true });
  });

  it('An authorization link drawn in the terminal decodes to the link for phones', async () => {
    const link = ['authorizers', 'link', '--redirect-uri', 'https://platform.example/authorized'];
    const { out } = await run(link);
    const url = /^mobile_url\t(.*)$/m.exec(out)?.[1];
    expect(url).toContain('https://');
    expect(textOfDrawing(out.split('\n').filter((line) => /^[█▀▄ ]+$/.test(line)))).toBe(url);
  });
});

describe('wxa authorizers', () => {
  it('export writes what import reads, for its owner only, and no file twice; forget-tokens leaves only names and labels', async () => {
    const file = join(folder, 'taken-over.jsonl');
    const args = ['authorizers', 'export', file];
    for (const [env, code] of [
      [{ DATABASE_URL: 'postgres://127.0.0.1:1/none' }, 69],
      [{ SECRETS_KEY: Buffer.alloc(32, 9).toString('base64') }, 78],
    ] as const) {
      expect(await startWxa(args, { ...settings(), ...env }).ended).toMatchObject({ code });
    }
    expect(await run(args)).toMatchObject({ code: 0 });
    const { refreshToken } = await world.sim.authorization(APPID);
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(lines).toContain(JSON.stringify({ appid: APPID, refresh_token: refreshToken }));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await run(['authorizers', 'export', file])).toMatchObject({ code: 64 });

    await world.sql('update authorizers set labels = $2 where appid = $1', [APPID, ['餐饮']]);
    for (const verb of verbsOfPage().flat()) if (verb.name === FORGET) await example(verb);
    const tokens = 'refresh_token, access_token, code, ticket';
    const rows = await world.sql(
      `select distinct ${tokens} from authorizers full join (select ticket from components) c on true`,
    );
    expect(rows).toEqual([{ refresh_token: null, access_token: null, code: null, ticket: null }]);
    const kept = await world.sql('select state, labels from authorizers where appid = $1', [APPID]);
    expect(kept).toEqual([{ state: 'AUTHORIZED', labels: ['餐饮'] }]);
    const recorded = `select action from trail where action in ('authorizers.exported', 'authorizers.tokens_forgotten')`;
    const actions = (await world.sql<{ action: string }>(recorded)).map(({ action }) => action);
    expect(new Set(actions)).toEqual(new Set(['authorizers.exported', 'authorizers.tokens_forgotten']));
  });
});
