/** A message on its way to Kafka. */
export interface OutboxEvent {
  /** Deterministic: consumers dedupe on it. */
  id: string;
  topic: string;
  type: string;
  source: string;
  appid: string;
  time: Date;
  traceparent: string;
  value: string;
}

/** Which app wrote a message, and so which app's relay sends it. */
export type AppName = 'gateway' | 'release-worker';

/** Who writes a message: the app, and which of its replicas. */
export interface Author {
  writer: AppName;
  replica: string;
  /** No row of the writer's outbox has this id or a lower one. */
  floor: { readonly id: string };
}

/** The columns of many events, as parameters for `unnest`, in the order in which the insert statements name them. */
export function outboxColumns(events: readonly (OutboxEvent | null)[]): unknown[][] {
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
