import { randomUUID } from 'node:crypto';
import { type CloudEvent, continueTrace, type EventName, eventType, TOPICS } from '../cloud-event.js';
import { canonicalJson } from '../descriptors.js';

/** An event of a mini-program, on the topic of the inventory. */
export interface FleetEvent {
  name: EventName;
  appid: string;
  at: Date;
  /** The app that stores it. */
  source: string;
  /** The encoded message. */
  message: Uint8Array;
}

export function fleetEvent({ name, appid, at, source, message }: FleetEvent): CloudEvent {
  const type = eventType(name);
  return {
    ...{ topic: TOPICS.fleet, id: randomUUID(), type, source, appid, time: at },
    ...{ traceparent: continueTrace(undefined), value: JSON.stringify(canonicalJson(type, message)) },
  };
}
