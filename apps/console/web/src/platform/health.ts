import type { Response } from '../api/types.js';
import { secondsOf } from '../text/format-time.js';

type Status = Response<'Platform/GetPlatformStatus'>;

/** WeChat sends a ticket every 10 minutes; as the alert WxaTicketLate. */
const TICKET_LATE_S = 1_800;
/** As the alert WxaOutboxStuck. */
const OUTBOX_STUCK_S = 60;

/** Whether another program receives tickets and renews tokens. */
export function hasTokensElsewhere({ tokenOwner }: Pick<Status, 'tokenOwner'>): boolean {
  return tokenOwner === 'AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE';
}

/** How old the last ticket is; undefined if there is none. */
export function ticketOf({ ticketAge }: Pick<Status, 'ticketAge'>) {
  if (ticketAge === undefined) return undefined;
  const seconds = secondsOf(ticketAge);
  return { seconds, isLate: seconds > TICKET_LATE_S };
}

/** What is to be published to Kafka: by each app, and the events of the platform. */
export function outboxesOf({ outboxes, platformEvents }: Pick<Status, 'outboxes' | 'platformEvents'>) {
  return platformEvents ? [...outboxes, platformEvents] : outboxes;
}

/** Whether events of an app do not reach Kafka. */
export function isStuck({ oldestAge, quarantined }: Status['outboxes'][number]): boolean {
  return quarantined > 0 || (oldestAge !== undefined && secondsOf(oldestAge) > OUTBOX_STUCK_S);
}
