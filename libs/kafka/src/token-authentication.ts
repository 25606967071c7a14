import type { Mechanism, SASLOptions } from 'kafkajs';
import oauthBearer from 'kafkajs/src/broker/saslAuthenticator/oauthBearer.js';

/** Kafka's response to a token, behind its length of 4 bytes: empty, or JSON with the reason of a rejection. */
const RESPONSE = {
  decode: (response: Buffer) => response,
  parse: (response: Buffer) => {
    const reason = response.subarray(4).toString();
    if (reason !== '') throw new Error(`Kafka rejected the token: ${reason}`);
  },
};

/**
 * kafkajs 2.2.4 ignores the response to a token of OAUTHBEARER: a connection with a rejected token counts as authenticated, and
 * its first request fails without a reason. Other mechanisms stay as they are.
 */
export function rejectingTokens(sasl: SASLOptions): SASLOptions | Mechanism {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const authenticatorOf = oauthBearer(sasl);
  return {
    mechanism: sasl.mechanism,
    authenticationProvider: (connection) =>
      authenticatorOf({
        ...connection,
        saslAuthenticate: ({ request }) => connection.saslAuthenticate({ request, response: RESPONSE }),
      }),
  };
}
