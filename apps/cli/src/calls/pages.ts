import type { JsonObject } from '@bufbuild/protobuf';
import { methodOf } from '@wxa/client';
import { EXIT } from '../exit-codes.js';
import type { Gateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';
import { print } from '../output/print.js';
import type { Running } from './call.js';
import { rows } from './show.js';
import { limitOf } from './units.js';

const PAGE = 500;

/** The items of all pages of a list, one page after the other. */
export async function* pagesOf(gateway: Gateway, rpc: RpcName, request: JsonObject, pageSize = PAGE) {
  const items = itemsOf(rpc);
  for (let token = ''; ; ) {
    const page = await gateway.call(rpc, { ...request, page_size: pageSize, page_token: token });
    yield page[items.jsonName] as JsonObject[];
    token = String(page.nextPageToken);
    if (token === '') return;
  }
}

/** Prints a list; says so if it has more items than the limit. */
export async function listItems({ rpc, gateway, request, values }: Running): Promise<number> {
  const limit = limitOf(values.limit);
  const found: JsonObject[] = [];
  for await (const page of pagesOf(gateway, rpc, request, Math.min(PAGE, limit + 1))) {
    found.push(...page);
    if (found.length > limit) break;
  }
  return printFirst(rpc, found, { limit, json: values.json });
}

/** Prints items up to a limit, with `--json` as one document; says so if there are more. */
export function printFirst(
  rpc: RpcName,
  found: JsonObject[],
  { limit, json }: { limit: number; json: boolean | undefined },
): number {
  const { jsonName, message } = itemsOf(rpc);
  const items = found.slice(0, limit);
  print(json, { [jsonName]: items.map(FORMS[rpc] ?? ((item) => item)) }, rows(message, items));
  if (found.length > limit) console.error(`only the first ${limit}; --limit N shows more`);
  return EXIT.ok;
}

/** The items of lists whose document is not the response. */
const FORMS: Partial<Record<RpcName, (item: JsonObject) => JsonObject>> = { 'Platform/ListTrail': trailRow };

/** A row by the names of the columns of the table `trail`, as scripts that read the table know it. */
function trailRow(row: JsonObject): JsonObject {
  const { fields } = itemsOf('Platform/ListTrail').message;
  return Object.fromEntries(fields.map(({ name, jsonName }) => [name, row[jsonName] || null]));
}

function itemsOf(rpc: RpcName) {
  const { output } = methodOf(rpc);
  const field = output.fields.find(({ fieldKind }) => fieldKind === 'list');
  if (field?.message === undefined) throw new Error(`${rpc} returns no list`);
  return { jsonName: field.jsonName, message: field.message };
}
