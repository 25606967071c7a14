import { bound, repeated } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { Actor } from '@wxa/postgres/trail';
import type { Pool } from 'pg';
import { readApiLimits } from './api-limits.js';
import { liftOperatorStops, liftStops, type OperatorStop, stopApi, stopApis } from './api-stop.js';
import { cutRate } from './rates.js';
import { readClock, takeReservations } from './reservations.js';
import {
  domainChangesStoppedUntil,
  keepPlatformDomains,
  keepSentPrivacyText,
  sentPrivacyText,
  stopDomainChanges,
} from './setup-records.js';

export type Limits = ReturnType<typeof limitsOn>;

/** The statements of rates and stops. */
export function limitsOn(calls: Pool, publisher: Publisher) {
  return {
    ...bound([calls], { takeReservations, cutRate }),
    ...bound([repeated(calls)], { read: readApiLimits, stop: stopApi, clock: readClock }),
    lift: (by: Actor, api: string, reason: string) => liftStops(calls, { ...publisher, by }, [api], reason),
    liftOfOperators: (by: Actor, apis: string[] | null, reason: string) =>
      liftOperatorStops(calls, { ...publisher, by }, apis, reason),
    stopByOperator: (by: Actor, stop: OperatorStop) => stopApis(calls, { ...publisher, by }, stop),
  };
}

/** The statements of what is remembered about the setup of mini-programs. */
export function setupOn(calls: Pool) {
  return bound([calls], {
    stopDomainChanges,
    domainChangesStoppedUntil,
    sentPrivacyText,
    keepSentPrivacyText,
    keepPlatformDomains,
  });
}
