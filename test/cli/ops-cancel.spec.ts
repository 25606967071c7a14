import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CancelOperationRequest, CommitRequest, ReleaseRequest } from '@wxa/contracts';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
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
  recorder: { mayActFor: true },
});

const folder = useFolder();
const tokenFile = (caller: string) => join(folder, `${caller}.key`);
beforeAll(async () => {
  for (const caller of ['canceller', 'lister', 'recorder'])
    await writeFile(tokenFile(caller), `${policy.headers(caller).authorization?.replace('Bearer ', '')}\n`);
});
const as = (caller: string) => ({
  WXA_GATEWAY: gateway.grpc,
  WXA_PLAINTEXT: '1',
  WXA_TOKEN_FILE: tokenFile(caller),
});

const commit = (appid: string, templateId: bigint, headers: Record<string, string>) => {
  const request = CommitRequest.fromPartial({ appid, templateId, userVersion: '1' });
  return call(gateway.code, gateway.code.commit, request, { headers });
};

/** Commits of template 7, or 8 for every other mini-program, and a Release after each. Without a worker they stay QUEUED. */
async function accept(): Promise<void> {
  const headers = policy.headers('canceller');
  for (const [i, appid] of APPIDS.entries()) {
    await commit(appid, BigInt(7 + (i % 2)), headers);
    await call(gateway.code, gateway.code.release, ReleaseRequest.fromPartial({ appid }), { headers });
  }
}

const cancel = (args: string[], env: Record<string, string> = {}) =>
  wxa(['ops', 'cancel', '--state', 'QUEUED', '--reason', REASON, '--yes', ...args], {
    ...as('canceller'),
    ...env,
  });
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

  it.each<[string, string[], Record<string, string>, number, string]>([
    ['a caller that may not cancel', [], { WXA_TOKEN_FILE: tokenFile('lister') }, 77, 'PERMISSION_DENIED'],
    ['no DATABASE_URL for a template', ['--template', '7'], { DATABASE_URL: '' }, 78, 'DATABASE_URL'],
    ['an unavailable gateway', [], { WXA_GATEWAY: '127.0.0.1:1' }, 69, 'UNAVAILABLE'],
  ])('With %s nothing is cancelled and the error says so', async (_, args, env, code, message) => {
    const before = await states();
    const { code: ended, err } = await cancel(['--method', 'Release', ...args], env);
    expect([ended, err]).toEqual([code, expect.stringContaining(message)]);
    expect(await states()).toEqual(before);
  });
});

it('wxa trail list prints rows with the names of the columns of the table, the newest first, and filters them', async () => {
  const appids = ['a1', 'a2', 'b1'].map((name) => `wx${name.padEnd(16, '0')}`);
  const headers = { ...policy.headers('recorder'), 'wxa-on-behalf-of': 'zhang' };
  for (const appid of appids) {
    const { id } = await commit(appid, 1n, headers);
    const request = CancelOperationRequest.fromPartial({ id, reason: 'not needed' });
    await call(gateway.operations, gateway.operations.cancelOperation, request, { headers });
  }
  const listed = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const { code, out, err } = await wxa(['trail', 'list', '--json', ...args], as('recorder'));
    expect({ code, err }).toMatchObject({ code: 0 });
    return JSON.parse(out).rows;
  };
  const [appid = ''] = appids;
  expect((await listed('--appid', appid))[0]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: expect.any(String),
    ...{ caller: 'recorder', on_behalf_of: 'zhang', peer: expect.any(String) },
    ...{ action: 'operation.cancelled', appid, operation_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    detail: expect.objectContaining({ reason: 'not needed' }),
  });
  const cancelled = ['--action', 'operation.cancelled'];
  const all = await listed(...cancelled, '--caller', 'recorder');
  expect(all.map((each) => each.appid)).toEqual(appids.toReversed());
  expect(await listed(...cancelled, '--limit', '1')).toEqual(all.slice(0, 1));
  expect(await listed('--caller', 'nobody')).toEqual([]);
  expect(await listed(...cancelled, '--since', String(all[0]?.at))).toHaveLength(1);
  await eventually(async () => (await listed('--action', 'policy.loaded', '--limit', '1')).length === 1);
});
