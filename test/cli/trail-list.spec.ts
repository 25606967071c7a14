import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CancelOperationRequest, CommitRequest } from '@wxa/contracts';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
import { call } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { useFolder } from '../use-folder.js';
import { wxa } from '../wxa.js';

const { gateway } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  recorder: { mayActFor: true },
});
const APPIDS = ['a1', 'a2', 'b1'].map((name) => `wx${name.padEnd(16, '0')}`);

const folder = useFolder();
let env: Record<string, string>;
beforeAll(async () => {
  const token = join(folder, 'key');
  await writeFile(token, `${policy.headers('recorder').authorization?.replace('Bearer ', '')}\n`);
  env = { WXA_GATEWAY: gateway.grpc, WXA_PLAINTEXT: '1', WXA_TOKEN_FILE: token };
  const as = { headers: { ...policy.headers('recorder'), 'wxa-on-behalf-of': 'zhang' } };
  for (const appid of APPIDS) {
    const request = CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: '1' });
    const { id } = await call(gateway.code, gateway.code.commit, request, as);
    const cancel = CancelOperationRequest.fromPartial({ id, reason: 'not needed' });
    await call(gateway.operations, gateway.operations.cancelOperation, cancel, as);
  }
});

async function listed(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await wxa(['trail', 'list', '--json', ...args], env);
  expect({ code, err }).toMatchObject({ code: 0 });
  return JSON.parse(out).rows;
}

describe('wxa trail list', () => {
  it('Rows have the names of the columns of the table, the newest first, and are filtered', async () => {
    const [appid = ''] = APPIDS;
    const [row] = await listed('--appid', appid);
    expect(row).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: expect.any(String),
      caller: 'recorder',
      on_behalf_of: 'zhang',
      peer: expect.any(String),
      action: 'operation.cancelled',
      appid,
      operation_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      detail: expect.objectContaining({ reason: 'not needed' }),
    });
    const cancelled = await listed('--action', 'operation.cancelled', '--caller', 'recorder');
    expect(cancelled.map((each) => each.appid)).toEqual(APPIDS.toReversed());
    expect(await listed('--action', 'operation.cancelled', '--limit', '1')).toEqual(cancelled.slice(0, 1));
    expect(await listed('--caller', 'nobody')).toEqual([]);
    expect(await listed('--action', 'operation.cancelled', '--since', String(cancelled[0]?.at))).toHaveLength(
      1,
    );
    await eventually(async () => (await listed('--action', 'policy.loaded', '--limit', '1')).length === 1);
  });
});
