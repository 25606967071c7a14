import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommitRequest, ReleaseRequest } from '@wxa/contracts';
import { usePolicy } from '../callers/shared-policy.js';
import { call } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { useFolder } from '../use-folder.js';
import { wxa } from '../wxa.js';

const APPIDS = Array.from({ length: 6 }, (_, i) => `wxd00000000000000${i}`);
const REASON = '模板 7 有问题';
const { backends, gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  canceller: { mayActFor: true, allow: [{ methods: ['*'], appids: ['wxd*'] }] },
  lister: { allow: [{ methods: ['Operations/List*'], appids: 'all' }] },
});

const folder = useFolder();
let settings: Record<string, string>;
beforeAll(async () => {
  const token = await tokenFile('canceller');
  settings = { WXA_GATEWAY: gateway.grpc, WXA_PLAINTEXT: '1', WXA_TOKEN_FILE: token };
});

async function tokenFile(caller: string): Promise<string> {
  const file = join(folder, `${caller}.key`);
  await writeFile(file, `${policy.headers(caller).authorization?.replace('Bearer ', '')}\n`);
  return file;
}

/** Commits of template 7, or 8 for every other mini-program, and a Release after each. Without a worker they stay QUEUED. */
async function accept(): Promise<void> {
  const as = { headers: policy.headers('canceller') };
  for (const [i, appid] of APPIDS.entries()) {
    const templateId = BigInt(7 + (i % 2));
    await call(
      gateway.code,
      gateway.code.commit,
      CommitRequest.fromPartial({ appid, templateId, userVersion: '1' }),
      as,
    );
    await call(gateway.code, gateway.code.release, ReleaseRequest.fromPartial({ appid }), as);
  }
}

const cancel = (args: string[], env: Record<string, string> = {}) =>
  wxa(['ops', 'cancel', '--state', 'QUEUED', '--reason', REASON, '--yes', ...args], { ...settings, ...env });
const states = async () => {
  const rows = await database.rows(
    `select appid, method, state from operations where appid ~ '^wxd' order by seq`,
  );
  return rows.map(({ appid, method, state }) => `${APPIDS.indexOf(String(appid))} ${method} ${state}`);
};
const cancelled = async () => (await states()).filter((state) => state.endsWith('CANCELLED'));

describe('wxa ops cancel', () => {
  it('The waiting operations of a method are cancelled by template and mini-program, with the reason in the trail', async () => {
    await accept();
    const file = join(folder, 'appids.txt');
    await writeFile(file, `${APPIDS.slice(0, 4).join('\r\n')}\n\n`);
    const args = ['--method', 'Release', '--template', '7', '--appid-file', file];
    const env = { DATABASE_URL: backends.databaseUrl };
    expect(await cancel([...args, '--dry-run'], env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^.{36} wxd0{14}2\n.{36} wxd0{14}0\n2 operations would be cancelled\n$/),
    });
    expect(await cancelled()).toEqual([]);
    expect(await cancel(args, env)).toMatchObject({
      code: 0,
      out: '2 operations cancelled, 0 too late, 0 left\n',
    });
    expect(await cancelled()).toEqual(['0 Release CANCELLED', '2 Release CANCELLED']);
    const rows = await database.rows(
      `select caller, on_behalf_of, detail from trail where action = 'operation.cancelled' and caller = 'canceller'`,
    );
    const row = {
      caller: 'canceller',
      on_behalf_of: expect.stringMatching(/^.+@.+$/),
      detail: { method: 'Release', reason: REASON },
    };
    expect(rows).toEqual([row, row]);
    expect(await cancel(['--method', 'Commit', '--template', '8'], env)).toMatchObject({
      out: '3 operations cancelled, 0 too late, 0 left\n',
    });
    expect((await cancelled()).filter((state) => state.includes('Commit'))).toEqual(
      [1, 3, 5].map((i) => `${i} Commit CANCELLED`),
    );
  });

  it('All waiting operations of a method are cancelled in pages', async () => {
    await database.rows(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent)
       select ('01999999-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'wxd' || lpad(to_hex(n), 15, 'e'), n::text,
         '', 'UndoAudit', true, '{}', now(), '' from generate_series(1, 501) n`,
    );
    expect(await cancel(['--method', 'UndoAudit'])).toMatchObject({
      code: 0,
      out: '501 operations cancelled, 0 too late, 0 left\n',
    });
  });

  it.each<[string, string[], () => Promise<Record<string, string>>, number, string]>([
    ['an unknown method', ['--method', 'Relaese'], async () => ({}), 64, '--method must be the name'],
    [
      'a file without appids',
      ['--method', 'Release', '--appid-file', '/dev/null/x'],
      async () => ({}),
      64,
      '--appid-file',
    ],
    [
      'a caller that may not cancel',
      ['--method', 'Release'],
      async () => ({ WXA_TOKEN_FILE: await tokenFile('lister') }),
      77,
      'PERMISSION_DENIED',
    ],
    [
      'plain text to another machine',
      ['--method', 'Release'],
      async () => ({ WXA_GATEWAY: 'h:1' }),
      78,
      'WXA_PLAINTEXT: only for',
    ],
    [
      'no DATABASE_URL for a template',
      ['--method', 'Release', '--template', '7'],
      async () => ({ DATABASE_URL: '' }),
      78,
      'DATABASE_URL',
    ],
    [
      'an unavailable gateway',
      ['--method', 'Release'],
      async () => ({ WXA_GATEWAY: '127.0.0.1:1' }),
      69,
      'UNAVAILABLE',
    ],
  ])('With %s nothing is cancelled and the error says so', async (_, args, env, code, message) => {
    const before = await states();
    const { code: ended, err } = await cancel(args, await env());
    expect([ended, err]).toEqual([code, expect.stringContaining(message)]);
    expect(await states()).toEqual(before);
  });
});
