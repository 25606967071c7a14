import type { JsonObject } from '@bufbuild/protobuf';
import { status as Code } from '@grpc/grpc-js';
import { methodOf } from '@wxa/client';
import { EXIT } from '../exit-codes.js';
import { errorOfWechat, isServiceError } from '../gateway/failure.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';
import { print } from '../output/print.js';
import type { CommonValues } from './call.js';
import { fields, responseText } from './show.js';
import { durationMs } from './units.js';

/** What is asked about a mini-program, by the name it is printed under. */
const QUERIES = {
  version: 'CodeManagement/GetVersionInfo',
  audit: 'CodeManagement/GetLatestAuditStatus',
  visit: 'CodeManagement/GetVisitStatus',
  gray: 'CodeManagement/GetGrayReleasePlan',
} as const satisfies Record<string, RpcName>;
const OPERATIONS = 'Operations/ListOperations';
const LATEST = 5;

/** `wxa status`: shows versions, audit, visit status, gray release and latest operations of a mini-program. */
export async function status(values: CommonValues & { appid: string; timeout?: string }): Promise<number> {
  const { appid, timeout, json } = values;
  const deadlineMs = durationMs(timeout, 60_000);
  return withGateway(values, async (gateway) => {
    const parts = await Promise.all(
      Object.entries(QUERIES).map(async ([name, rpc]) => ({
        name,
        rpc,
        response: await answerOf(gateway, rpc, appid, deadlineMs),
      })),
    );
    const latest = await gateway.call(OPERATIONS, { appid, page_size: LATEST });
    const { operations } = latest;
    const document = Object.fromEntries(parts.map(({ name, response }) => [name, response]));
    print(
      json,
      { appid, ...document, operations },
      [...parts.map(section), operationsSection(latest)].join('\n\n'),
    );
    return EXIT.ok;
  });
}

/** WeChat rejects some of the queries, for example for a mini-program that was never submitted: that is its status. */
function answerOf(gateway: Gateway, rpc: RpcName, appid: string, deadlineMs: number): Promise<JsonObject> {
  return gateway.call(rpc, { appid }, { deadlineMs }).catch((error: unknown) => {
    const isStatus = isServiceError(error) && error.code === Code.FAILED_PRECONDITION;
    const found = isStatus ? errorOfWechat(error) : undefined;
    if (found === undefined) throw error;
    return { error: found };
  });
}

function section({ name, rpc, response }: { name: string; rpc: RpcName; response: JsonObject }): string {
  const { error } = response as { error?: { reason: string; message: string } };
  const text =
    error === undefined ? fields(methodOf(rpc).output, response) : `${error.reason}: ${error.message}`;
  return `${name}\n${text === '' ? 'none' : text}`;
}

function operationsSection(latest: JsonObject): string {
  return `latest operations\n${responseText(methodOf(OPERATIONS).output, latest) || 'none'}`;
}
