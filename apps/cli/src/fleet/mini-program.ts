import { methodOf, type ResponseJson } from '@wxa/client';
import type { CommonValues } from '../calls/call.js';
import { requestFrom } from '../calls/request-flags.js';
import { fields } from '../calls/show.js';
import { durationMs } from '../calls/units.js';
import { EXIT } from '../exit-codes.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { table } from '../output/table.js';

/** `wxa fleet show`: shows a mini-program as it is stored. */
export function showMiniProgram(appid: string, values: CommonValues): Promise<number> {
  return shown(values, (gateway) => gateway.call<MiniProgram>('Fleet/GetMiniProgram', { appid }));
}

/** `wxa fleet refresh`: reads a mini-program from WeChat before. */
export function refresh(
  appid: string,
  values: CommonValues & { parts?: string; timeout?: string },
): Promise<number> {
  const parts = values.parts?.split(',').map((part) => part.trim());
  const request = requestFrom(methodOf('Fleet/RefreshMiniProgram').input, { appid, parts });
  const deadlineMs = durationMs(values.timeout, 60_000);
  return shown(values, (gateway) =>
    gateway.call<MiniProgram>('Fleet/RefreshMiniProgram', request, { deadlineMs }),
  );
}

async function shown(
  values: CommonValues,
  call: (gateway: Gateway) => Promise<MiniProgram>,
): Promise<number> {
  return withGateway(values, async (gateway) => {
    const program = await call(gateway);
    print(values.json, program, textOf(program));
    return EXIT.ok;
  });
}

type MiniProgram = ResponseJson<'Fleet/GetMiniProgram'>;

/** Its fields, then one line for each item: what support tells the owner is in both languages. */
function textOf({ readiness, ...single }: MiniProgram): string {
  const rows = (readiness?.items ?? []).map(({ item, state, acts, detail, detailZh }) => [
    item.replace('READINESS_ITEM_TYPE_', ''),
    state.replace('READINESS_STATE_', ''),
    acts.replace('PARTY_', '').replace('UNSPECIFIED', ''),
    [detail, detailZh].filter((text) => text !== '').join(' '),
  ]);
  const head = fields(methodOf('Fleet/GetMiniProgram').output, single);
  const ready = `ready ${readiness?.ready === true}`;
  return [`${head}\n${ready}`, table(['item', 'state', 'acts', 'detail'], rows)].join('\n\n');
}
