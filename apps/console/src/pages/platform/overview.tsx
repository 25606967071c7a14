import { Controller, Get } from '@nestjs/common';
import { AuditState, type PlatformStatus, type Rollout, RolloutState } from '@wxa/contracts';
import { type Answer, answerOf } from '../../gateway/failure.js';
import { RolloutLink } from '../../ui/links.js';
import { State, UNENDED } from '../../ui/state.js';
import { Age } from '../../ui/time.js';
import type { PageView } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { Card, type Finding } from './card.js';
import { STATUS_CARDS } from './status-cards.js';

/** No more rollouts can be live. */
const MAX_LIVE = 200;
const NAMED = 5;

/** What is wrong with the platform, and what runs on it. */
@Controller()
export class OverviewPage {
  @Get()
  async show(@CurrentVisit() visit: Visit): Promise<PageView> {
    const { status, rollouts, oldestAudit } = await read(visit);
    if (status.value) visit.doubts = status.value.operationsInDoubt;
    const audits = status.value && auditsOpen(visit, status.value, oldestAudit.value);
    const live = rollouts.value && liveRollouts(visit, rollouts.value);
    return {
      title: visit.t('overview'),
      body: (
        <div class="cards">
          {STATUS_CARDS.map(({ title, href, read }) => (
            <Card
              visit={visit}
              href={href}
              title={title}
              finding={status.value && read(visit, status.value)}
            />
          ))}
          <Card visit={visit} href="/audits" title="audits" finding={audits} />
          <Card visit={visit} href="/rollouts" title="liveRollouts" finding={live} />
        </div>
      ),
    };
  }
}

interface Parts {
  status: Answer<PlatformStatus>;
  rollouts: Answer<Rollout[]>;
  /** When the open audit that waits longest was submitted. */
  oldestAudit: Answer<Date | undefined>;
}

/** Rejects only if nothing can be read. */
async function read({ gateway }: Visit): Promise<Parts> {
  const calls = [
    gateway.platform.getPlatformStatus({}),
    gateway.rollouts.listRollouts({ states: [...UNENDED], pageSize: MAX_LIVE }).then((page) => page.rollouts),
    gateway.audits
      .listAudits({ state: AuditState.AUDIT_STATE_PENDING, pageSize: 1 })
      .then(({ audits: [audit] }) => audit?.submitTime),
  ] as const;
  await Promise.any(calls).catch(({ errors: [error] }: AggregateError) => Promise.reject(error));
  const [status, rollouts, oldestAudit] = await Promise.all([
    answerOf(calls[0]),
    answerOf(calls[1]),
    answerOf(calls[2]),
  ]);
  return { status, rollouts, oldestAudit };
}

function auditsOpen(
  visit: Visit,
  { openAudits, delayedAudits }: PlatformStatus,
  oldest: Date | undefined,
): Finding {
  const { t } = visit;
  return {
    health: delayedAudits > 0 ? 'doubt' : 'good',
    value: t('count', { n: openAudits }),
    details: (
      <>
        {t('delayedAudits', { n: delayedAudits })}
        {oldest && (
          <>
            {' · '}
            {t('oldest')} <Age visit={visit} since={oldest} />
          </>
        )}
      </>
    ),
  };
}

function liveRollouts(visit: Visit, rollouts: readonly Rollout[]): Finding {
  const isPaused = rollouts.some(({ state }) => state === RolloutState.ROLLOUT_STATE_PAUSED);
  return {
    health: isPaused ? 'doubt' : 'good',
    value: visit.t('count', { n: rollouts.length }),
    details: (
      <ul>
        {rollouts.slice(0, NAMED).map(({ id, spec, state }) => (
          <li>
            <RolloutLink id={id}>{spec?.name}</RolloutLink> <State visit={visit} of="rollout" state={state} />
          </li>
        ))}
      </ul>
    ),
  };
}
