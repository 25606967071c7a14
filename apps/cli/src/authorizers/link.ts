import { methodOf } from '@wxa/client';
import type { CommonValues } from '../calls/call.js';
import { requestFrom } from '../calls/request-flags.js';
import { fields } from '../calls/show.js';
import { durationMs } from '../calls/units.js';
import { EXIT } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { drawQrCode } from '../output/qr.js';

const RPC = 'Authorizers/CreateAuthorizationLink';

/** `wxa authorizers link`: makes an authorization link and draws that for phones. */
export async function link(
  values: CommonValues & { timeout?: string; label?: string | string[] },
): Promise<number> {
  const { input, output } = methodOf(RPC);
  const request = requestFrom(input, { ...values, labels: values.label });
  const deadlineMs = durationMs(values.timeout, 60_000);
  return withGateway(values, async (gateway) => {
    const response = await gateway.call(RPC, request, { deadlineMs });
    const drawn = drawQrCode(String(response.mobileUrl));
    const lines = [fields(output, response), ...(drawn === undefined ? [] : [drawn])];
    print(values.json, response, lines.join('\n'));
    return EXIT.ok;
  });
}
