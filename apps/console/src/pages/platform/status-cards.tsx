import type { AuditQuotaSnapshot, PlatformStatus } from '@wxa/contracts';
import { formatNumber, type TextKey } from '../../text/text.js';
import { duration, secondsOf, Time } from '../../ui/time.js';
import type { Visit } from '../../visit/visit.js';
import type { Finding } from './card.js';

/** WeChat sends a ticket every 10 minutes; as the alert WxaTicketLate. */
const TICKET_LATE_S = 1_800;
/** As the alert WxaOutboxStuck. */
const OUTBOX_STUCK_S = 60;

type Read = (visit: Visit, status: PlatformStatus) => Finding;

/** The cards that one read of the platform's status fills. */
export const STATUS_CARDS: readonly { title: TextKey; href: string; read: Read }[] = [
  { title: 'ticket', href: '/platform', read: ticket },
  { title: 'failingTokens', href: '/miniprograms?state=NEEDS_AUTHORIZATION', read: failingTokens },
  { title: 'outbox', href: '/platform', read: outbox },
  { title: 'stoppedApis', href: '/platform', read: stoppedApis },
  { title: 'auditQuota', href: '/platform', read: (visit, { auditQuota }) => quota(visit, auditQuota) },
  { title: 'doubts', href: '/doubts', read: doubts },
];

export function ticket(visit: Visit, { ticketAge }: PlatformStatus): Finding {
  if (ticketAge === undefined) return { health: 'unknown', value: '–', details: visit.t('noTicket') };
  const seconds = secondsOf(ticketAge);
  return {
    health: seconds > TICKET_LATE_S ? 'bad' : 'good',
    value: duration(visit, seconds),
    details: visit.t('ticketRule'),
  };
}

function failingTokens({ t }: Visit, { authorizers }: PlatformStatus): Finding {
  const { authorized = 0, needsAuthorization = 0 } = authorizers ?? {};
  return {
    health: needsAuthorization > 0 ? 'bad' : 'good',
    value: t('count', { n: needsAuthorization }),
    details: t('authorizedCount', { n: authorized }),
  };
}

function outbox(visit: Visit, { outboxes }: PlatformStatus): Finding {
  const { t } = visit;
  const sum = (of: 'depth' | 'quarantined') => outboxes.reduce((total, each) => total + each[of], 0);
  const ages = outboxes.map(({ oldestAge }) => (oldestAge === undefined ? 0 : secondsOf(oldestAge)));
  const oldest = Math.max(0, ...ages);
  const quarantined = sum('quarantined');
  return {
    health: oldest > OUTBOX_STUCK_S || quarantined > 0 ? 'bad' : 'good',
    value: t('count', { n: sum('depth') }),
    details: (
      <>
        {oldest > 0 && t('oldestWaits', { age: duration(visit, oldest) })}
        {quarantined > 0 && <p class="bad">{t('quarantined', { n: quarantined })}</p>}
      </>
    ),
  };
}

function stoppedApis({ t }: Visit, { apis }: PlatformStatus): Finding {
  const stopped = apis.filter(({ stop }) => stop !== undefined);
  const waiting = stopped.reduce((total, { waitingOperations }) => total + waitingOperations, 0);
  if (stopped.length === 0) return { health: 'good', value: t('count', { n: 0 }) };
  return {
    health: 'bad',
    value: t('count', { n: stopped.length }),
    details: (
      <>
        <code>{stopped.map(({ api }) => api).join(' ')}</code> {t('waitingOperations', { n: waiting })}
      </>
    ),
  };
}

/** WeChat answers a limit of 0 while it does not know the quota. */
export function quota(visit: Visit, found: AuditQuotaSnapshot | undefined): Finding {
  const { t, language } = visit;
  const { rest = 0, limit = 0, speedupRest = 0, speedupLimit = 0 } = found?.quota ?? {};
  const asked = found && (
    <>
      {t('quotaAsked')} <Time visit={visit} at={found.time} />
    </>
  );
  if (limit === 0) return { health: 'unknown', value: t('unknown'), details: asked };
  const number = (value: number) => formatNumber(value, language);
  return {
    health: rest > 0 ? 'good' : 'bad',
    value: `${number(rest)} / ${number(limit)}`,
    details: (
      <>
        {t('speedUps')} {number(speedupRest)} / {number(speedupLimit)} · {asked}
      </>
    ),
  };
}

function doubts({ t }: Visit, { operationsInDoubt, operationsToResolve }: PlatformStatus): Finding {
  return {
    health: operationsToResolve > 0 ? 'bad' : operationsInDoubt > 0 ? 'doubt' : 'good',
    value: t('count', { n: operationsInDoubt }),
    details: t('toResolve', { n: operationsToResolve }),
  };
}
