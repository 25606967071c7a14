import { QUERY_OPTIONS } from '../calls/call.js';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { requestOf } from '../calls/request-flags.js';
import { fields } from '../calls/show.js';
import { durationOf } from '../calls/units.js';
import { EXIT } from '../exit-codes.js';
import { methodOf } from '../gateway/descriptors.js';
import { withGateway } from '../gateway/gateway.js';
import { print } from '../output/print.js';
import { drawQrCode } from '../output/qr.js';

const RPC = 'Authorizers/CreateAuthorizationLink';

/** `wxa authorizers link`: makes an authorization link and draws that for phones. */
export async function run([, ...args]: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const own = { 'redirect-uri': text, 'authorizer-appid': text, 'auth-type': text, 'request-id': text };
  const { values } = parsedArguments({ ...own, appid: text, ...QUERY_OPTIONS }, args);
  const { input, output } = methodOf(RPC);
  const request = requestOf(input, values);
  const deadlineMs = durationOf(values.timeout, 60_000);
  return withGateway(values, async (gateway) => {
    const link = await gateway.call(RPC, request, { deadlineMs });
    const drawn = drawQrCode(String(link.mobileUrl));
    const lines = [fields(output, link), ...(drawn === undefined ? [] : [drawn])];
    print(values.json, link, lines.join('\n'));
    return EXIT.ok;
  });
}
