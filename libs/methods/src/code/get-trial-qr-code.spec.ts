import { describe, expect, it } from '@jest/globals';
import { GetTrialQrCodeRequest } from '@wxa/contracts';
import { violationsBy } from '../checks.js';
import { getTrialQrCode } from './get-trial-qr-code.js';

const violations = (path: string) =>
  violationsBy(getTrialQrCode.validate, GetTrialQrCodeRequest.fromPartial({ path }));

describe('GetTrialQrCodeRequest', () => {
  it('A path is valid unencoded and with a query, but not with control characters.', () => {
    expect(violations('page/index?action=1&名=值')).toEqual([]);
    expect(violations('a\u0000')).toMatchObject([{ field: 'path' }]);
  });

  it('A path of over 1,024 characters, which WeChat would reject with 431, is a violation.', () => {
    expect(violations('🎉'.repeat(1024))).toEqual([]);
    expect(violations('a'.repeat(1025))).toEqual([
      { field: 'path', description: 'must be at most 1024 characters, has 1025' },
    ]);
  });
});
