import { type CloudEvent, continueTrace, eventType, TOPICS } from '../cloud-event.js';
import { PlatformEvent, PlatformEventKind } from '../generated/wxa/code/v1/platform_events.js';

/** A callback as it is published. */
export interface MappedCallback extends Omit<PlatformEvent, 'appid' | 'kind' | 'createTime'> {
  kind: 'MESSAGE' | 'EVENT' | 'AUTHORIZATION';
  createdAt: Date | undefined;
}

/** A CreateTime that is further away than this is not the time of the event. */
const PLAUSIBLE_MS = 7 * 86_400_000;

/**
 * Makes PlatformEvent.
 * @param key the same for each delivery of the callback.
 */
export function platformEvent(
  appid: string,
  { kind, createdAt, ...callback }: MappedCallback,
  { key, receivedAt }: { key: string; receivedAt: Date },
): CloudEvent {
  const isPlausible =
    createdAt !== undefined && Math.abs(createdAt.getTime() - receivedAt.getTime()) < PLAUSIBLE_MS;
  const message: PlatformEvent = {
    ...callback,
    appid,
    kind: PlatformEventKind[`PLATFORM_EVENT_KIND_${kind}`],
    createTime: createdAt,
  };
  return {
    topic: TOPICS.events,
    id: `${key}.platform-event`,
    type: eventType('PlatformEvent'),
    source: 'gateway',
    appid,
    time: isPlausible ? createdAt : receivedAt,
    traceparent: continueTrace(undefined),
    value: JSON.stringify(PlatformEvent.toJSON(message)),
  };
}
