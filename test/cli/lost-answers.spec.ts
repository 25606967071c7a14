import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { wxa } from '../wxa.js';
import { callError, type Stubs, useStubGateway } from './stub-gateway.js';

const APPID = 'wx0123456789abcdef';
const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

/** The request ids of the calls so far. */
const requestIds: unknown[] = [];
const lost: Stubs[string] = ({ requestId }) => {
  requestIds.push(requestId);
  throw callError(Code.UNAVAILABLE, 'STORE_UNAVAILABLE');
};
const settings = useStubGateway({
  'CodeManagement/Release': lost,
  'Calls/ChangeWechat': lost,
  'Rollouts/CreateRollout': lost,
  'Rollouts/RollbackRollout': lost,
});

it.each([
  ['release', '--appid', APPID],
  ['call', 'LISTED', '--change', '--appid', APPID],
  ['rollouts', 'create', '--spec', '{"name": "a"}'],
  ['rollouts', 'rollback', ID, '--reason', 'crash on start'],
])('`wxa %s %s` whose answer was lost prints the request id that its calls had', async (...args) => {
  const before = requestIds.length;
  const { code, err } = await wxa(args, settings);
  const [requestId] = new Set(requestIds.slice(before));
  expect({ code, err }).toEqual({ code: 69, err: expect.stringContaining(`--request-id ${requestId}\n`) });
});
