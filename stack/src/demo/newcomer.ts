import { ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type MiniProgram, RolloutReadiness_OnNotReady } from '@wxa/contracts';
import { waitUntil } from '../processes/wait.js';
import type { Stage } from './stage.js';

const LIVE_MS = 30_000;
const VERSION = 'V3.0';
const reason = 'demo';
const APPROVE = { decision: 'approve', delayMs: 300 } as const;

/** A new customer goes live by itself: what each needs is said once, and its authorization does the rest. */
export async function playNewcomer(stage: Stage): Promise<void> {
  const { gateway, sim, step } = stage;
  await sim.patchPlatform({ auditRules: [APPROVE] });
  const server = { $case: 'server' as const, value: { domains: ['api.example.com'] } };
  const fields = { value: server, publishedTogether: true };
  await stage.change('SetPlatformDomains', 'api.example.com', fields);
  const settings = { serverDomains: { request: ['https://api.example.com'] } };
  await step(
    'PutSettingsLayer',
    'for all mini-programs: a domain',
    () =>
      gateway.settings.putSettingsLayer({
        ...{ scope: { scope: { $case: 'platform', value: true } }, settings },
        ...{ expectedVersion: 0n, reason },
      }),
    ({ version }) => [`version ${version}`],
  );
  const { id } = await openRollout(stage);
  const appid = `wx${randomBytes(8).toString('hex')}`;
  await step(
    'WeChat',
    'a new customer authorizes the platform',
    () => goLive(stage, appid),
    (program) => [`${program.live?.userVersion} is live, with no further call`],
  );
  await gateway.rollouts.cancelRollout({ id, reason });
}

function openRollout({ gateway, step }: Stage) {
  const spec = {
    ...{ name: VERSION, templateId: 0n, userVersion: VERSION, audit: { itemsFrom: RULE } },
    readiness: { onNotReady: RolloutReadiness_OnNotReady.ON_NOT_READY_WAIT },
    continuous: { match: { $case: 'allAuthorized' as const, value: true }, onlyUnreleased: true },
  };
  const work = () => gateway.rollouts.createRollout({ spec, start: true });
  return step('CreateRollout', `${VERSION} to each customer who authorizes`, work, ({ id }) => ['open', id]);
}

const RULE = { $case: 'rule' as const, value: { tag: '天气' } };

async function goLive({ gateway, sim }: Stage, appid: string): Promise<MiniProgram> {
  await sim.authorize(appid);
  const isLive = async () => {
    const program = await gateway.fleet.getMiniProgram({ appid });
    ok(program.live?.userVersion === VERSION);
    return program;
  };
  return waitUntil(isLive, { name: 'The release', timeoutMs: LIVE_MS });
}
