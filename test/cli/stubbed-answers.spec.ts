import type { JsonObject } from '@bufbuild/protobuf';
import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { startWxa, wxa } from '../wxa.js';
import { callError, type Stubs, useStubGateway } from './stub-gateway.js';

const APPID = 'wx0123456789abcdef';
const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

let waitError = Code.UNKNOWN;
/** The request ids of the calls so far. */
const requestIds: unknown[] = [];
const lost: Stubs[string] = ({ requestId }) => {
  requestIds.push(requestId);
  throw callError(Code.UNAVAILABLE, 'STORE_UNAVAILABLE');
};
/** WeChat's answer to a listed call. */
const RESPONSE = '{"errcode":0,"id":1234567890123456789,"name":"a\u202eb"}';
const settings = useStubGateway({
  'CodeManagement/Release': lost,
  'CodeManagement/UndoAudit': () => ({ id: ID, state: 'OPERATION_STATE_QUEUED' }),
  'Operations/WaitOperation': () => {
    throw callError(waitError, 'STUBBED');
  },
  'Calls/ChangeWechat': lost,
  'Calls/QueryWechat': () => ({ responseJson: RESPONSE }),
  'Rollouts/AdvanceRollout': lost,
  'Rollouts/CreateRollout': lost,
  'Rollouts/RollbackRollout': lost,
  // A right or limit of the caller is checked before its request id is looked up.
  'CodeManagement/GrayRelease': (request) => {
    if (request.requestId !== requestIds.at(-1)) return lost(request);
    throw callError(Code.PERMISSION_DENIED, 'CALLER_NOT_ALLOWED');
  },
  'CodeManagement/UploadAuditMedia': ({ info }) => lost(info as JsonObject),
  'CodeManagement/RevertRelease': ({ requestId }) => {
    requestIds.push(requestId);
    return undefined;
  },
});

it.each([
  ['release', '--appid', APPID],
  ['call', 'LISTED', '--change', '--appid', APPID],
  ['rollouts', 'create', '--spec', '{"name": "a"}'],
  ['rollouts', 'rollback', ID, '--reason', 'crash on start'],
  ['upload', '--appid', APPID, '--file', import.meta.filename, '--content-type', 'image/png'],
])('`wxa %s %s` whose answer was lost prints the request id that its calls had', async (...args) => {
  const before = requestIds.length;
  const { code, err } = await wxa(args, settings);
  const [requestId] = new Set(requestIds.slice(before));
  expect({ code, err }).toEqual({ code: 69, err: expect.stringContaining(`--request-id ${requestId}\n`) });
});

it.each([['--wave'], ['--wave must not be 0', '--wave', '0']])(
  '`wxa rollouts advance` says %j and calls nothing without the number of a wave',
  async (said, ...args) => {
    const before = requestIds.length;
    const { code, err } = await wxa(['rollouts', 'advance', ID, '--gate', 'RELEASE', ...args], settings);
    const calls = requestIds.length - before;
    expect({ code, err, calls }).toEqual({ code: 64, err: expect.stringContaining(said), calls: 0 });
  },
);

it('`wxa` prints the request id of a call whose answer was lost, also if the repetition was refused', async () => {
  const { code, err } = await wxa(['gray', '--appid', APPID, '--percentage', '5'], settings);
  const said = `--request-id ${requestIds.at(-1)}\n`;
  expect({ code, err }).toEqual({ code: 77, err: expect.stringContaining(said) });
});

it('`wxa fleet refresh` names the parts that there are if it is given another one', async () => {
  const { code, err } = await wxa(['fleet', 'refresh', APPID, '--parts', 'foo'], settings);
  expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining('--parts must be one of') });
});

it('`wxa` that is interrupted before the first answer prints the request id of its call', async () => {
  const before = requestIds.length;
  const { child, ended } = startWxa(['revert', '--appid', APPID], settings);
  await eventually(() => requestIds.length > before);
  child.kill('SIGINT');
  const { code, err } = await ended;
  const requestId = requestIds.at(-1);
  expect({ code, err }).toEqual({ code: 130, err: expect.stringContaining(`--request-id ${requestId}\n`) });
});

it.each([
  [Code.UNAVAILABLE, 75],
  [Code.DEADLINE_EXCEEDED, 75],
  [Code.INTERNAL, 1],
  [Code.PERMISSION_DENIED, 77],
])('A --wait that status %d ends names the operation and exits with %d', async (status, expected) => {
  waitError = status;
  const { code, err } = await wxa(['undo-audit', '--appid', APPID, '--wait', '--timeout', '50ms'], settings);
  expect({ code, err }).toEqual({ code: expected, err: expect.stringContaining(`wxa ops wait ${ID}`) });
  expect(err).toContain(`gateway: ${Code[status]}: STUBBED`);
});

it.each([
  ['prints the numbers of WeChat as they are and escapes control characters', ['--json'], '\\u202e'],
  ['replaces the control characters of its answer', [], '\ufffd'],
])('`wxa call` %s, with %j', async (_, args, shown) => {
  const { code, out } = await wxa(['call', 'LISTED', '--appid', APPID, ...args], settings);
  expect({ code, out }).toEqual({ code: 0, out: `${RESPONSE.replace('\u202e', shown)}\n` });
});
