import type { JsonObject } from '@bufbuild/protobuf';
import type { CommonValues } from './calls/call.js';
import { pages, printItems } from './calls/pages.js';
import { requestOf } from './calls/request-flags.js';
import { limitOf } from './calls/units.js';
import { EXIT } from './exit-codes.js';
import { methodOf } from './gateway/descriptors.js';
import { withGateway } from './gateway/gateway.js';
import { print } from './output/print.js';

const RPC = 'Platform/ListTrail';

/** `wxa trail list`: lists the audit trail. */
export async function listTrail(values: CommonValues & { limit?: string }): Promise<number> {
  const request = requestOf(methodOf(RPC).input, { ...values });
  const limit = limitOf(values.limit);
  return withGateway(values, async (gateway) => {
    const found: JsonObject[] = [];
    for await (const page of pages(gateway, RPC, request, Math.min(500, limit + 1))) {
      found.push(...page);
      if (found.length > limit) break;
    }
    const listed = found.slice(0, limit);
    if (values.json === true) print(true, { rows: listed.map(columnsOf) }, '');
    else printItems(RPC, listed, false);
    if (found.length > limit) console.error(`only the first ${limit}; --limit N shows more`);
    return EXIT.ok;
  });
}

/** A row by the names of the columns of the table `trail`, as scripts that read the table know it. */
function columnsOf(row: JsonObject): JsonObject {
  const { id, at, caller, onBehalfOf, peer, action, appid, operationId, detail } = row;
  const columns = {
    id,
    at,
    caller,
    on_behalf_of: onBehalfOf,
    peer,
    action,
    appid,
    operation_id: operationId,
    detail,
  };
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [
      name,
      value === undefined || value === '' ? null : value,
    ]),
  );
}
