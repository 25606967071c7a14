import type { CloudEvent, ToAuditEvent } from '@wxa/contracts';

/** The app that wrote an event, and whose relay publishes it. */
export type AppName = 'gateway' | 'release-worker';

/** The app that writes an event, and its replica. */
export interface Author {
  writer: AppName;
  replica: string;
  /** The outbox of the writer has no row with this id or a lower one. */
  floor: { readonly id: string };
}

/** The author of events, and how it makes them. */
export interface Publisher extends Author {
  toEvent: ToAuditEvent;
}

/** The columns of events as parameters for `unnest`, in the order of the insert statements. */
export function outboxColumns(events: readonly (CloudEvent | null)[]): unknown[][] {
  return [
    events.map((e) => e?.id ?? null),
    events.map((e) => e?.topic ?? null),
    events.map((e) => e?.type ?? null),
    events.map((e) => e?.source ?? null),
    events.map((e) => e?.appid ?? null),
    events.map((e) => e?.time ?? null),
    events.map((e) => e?.traceparent ?? null),
    events.map((e) => e?.value ?? null),
  ];
}
