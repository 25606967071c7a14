import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import { methodOf } from '@wxa/client';
import type { CommonValues } from '../calls/call.js';
import { fields } from '../calls/show.js';
import { EXIT } from '../exit-codes.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { ProgressLine } from '../restore/progress.js';

const READ = 'Authorizers/GetAuthorizerSync';
const POLL_MS = 1_000;
const DEADLINE_MS = 10_000;

/** `wxa authorizers sync`: starts a sync and follows it to its end, or shows the latest one. */
export async function sync(values: CommonValues & { status?: boolean }): Promise<number> {
  return withGateway(values, async (gateway) => {
    const found = values.status ? await read(gateway, {}) : await follow(gateway);
    print(values.json, found, fields(methodOf(READ).output, found));
    return found.state === 'AUTHORIZER_SYNC_STATE_FAILED' ? EXIT.notFound : EXIT.ok;
  });
}

function read(gateway: Gateway, request: JsonObject): Promise<JsonObject> {
  return gateway.call(READ, request, { deadlineMs: DEADLINE_MS });
}

async function follow(gateway: Gateway): Promise<JsonObject> {
  const progress = new ProgressLine();
  let found = await gateway.call('Authorizers/SyncAuthorizers', {}, { deadlineMs: DEADLINE_MS });
  while (found.state === 'AUTHORIZER_SYNC_STATE_RUNNING') {
    const { pages = 0, total = 0, added = 0 } = found;
    progress.show(`${pages} pages, ${total} accounts, ${added} added`);
    await delay(POLL_MS);
    found = await read(gateway, { id: found.id ?? '0' });
  }
  progress.end();
  return found;
}
