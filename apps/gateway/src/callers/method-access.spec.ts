import { describe, expect, it } from '@jest/globals';
import { METHOD_ACCESS } from '@wxa/policy';
import { packageDefinition } from '../decode/decode-request.js';

describe('METHOD_ACCESS', () => {
  it('Every served RPC has a row, and every row is a served RPC', () => {
    const served = Object.values(packageDefinition).flatMap((service) =>
      Object.values(service).map(({ path }) => path.replace('/wxa.code.v1.', '')),
    );
    expect(Object.keys(METHOD_ACCESS).sort()).toEqual(served.sort());
  });
});
