import { expect, it } from '@jest/globals';
import { GrayReleaseStatus, type Operation } from '@wxa/contracts';
import type { GatewayCalls } from '../../gateway/gateway.js';
import { translator } from '../../text/text.js';
import type { Visit } from '../../visit/visit.js';
import { readWechat } from './doubt-reads.js';

it('Every state of a gray release is read in the language of the page', async () => {
  for (const status of Object.values(GrayReleaseStatus).filter((one) => one !== 'UNRECOGNIZED')) {
    const codeManagement = { getGrayReleasePlan: async () => ({ plan: { percentage: 30, status } }) };
    const gateway = { codeManagement } as unknown as GatewayCalls;
    const visit = { gateway, language: 'zh', t: translator('zh') } as Visit;
    const answers = await readWechat(visit, { method: 'GrayRelease', appid: 'wx' } as Operation);
    expect(answers).toEqual([expect.stringMatching(/^灰度 30 % · \p{Script=Han}+$/u)]);
  }
});
