import { status as Code, Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { PlatformStatus } from '@wxa/contracts';
import { render } from 'preact-render-to-string';
import type { GatewayCalls } from '../../gateway/gateway.js';
import { translator } from '../../text/text.js';
import type { Visit } from '../../visit/visit.js';
import { OverviewPage } from './overview.js';

const unavailable = Object.assign(new Error('away'), {
  code: Code.UNAVAILABLE,
  details: 'away',
  metadata: new Metadata(),
});

/** The overview, with what the gateway answers to its three reads. */
async function overview(answers: { status?: PlatformStatus; audits?: object; rollouts?: object }) {
  const answer = (value: object | undefined) => async () => value ?? Promise.reject(unavailable);
  const gateway = {
    platform: { getPlatformStatus: answer(answers.status) },
    rollouts: { listRollouts: answer(answers.rollouts) },
    audits: { listAudits: answer(answers.audits) },
  } as unknown as GatewayCalls;
  const visit = { gateway, language: 'en', t: translator('en'), timeZone: 'UTC' } as Visit;
  return render((await new OverviewPage().show(visit)).body as never);
}

describe('OverviewPage', () => {
  it('Parts that cannot be read say so, and the others are shown', async () => {
    const html = await overview({ status: PlatformStatus.fromPartial({ operationsInDoubt: 3 }) });
    expect(html).toContain('needs attention</span><p class="value">3</p>');
    expect(html.match(/This could not be read/g)).toHaveLength(1);
    const others = await overview({ rollouts: { rollouts: [] }, audits: { audits: [] } });
    expect(others).toContain('healthy</span><p class="value">0</p>');
    expect(others.match(/This could not be read/g)).toHaveLength(7);
  });

  it('The page fails if nothing can be read', async () => {
    await expect(overview({})).rejects.toBe(unavailable);
  });
});
