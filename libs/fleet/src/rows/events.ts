import { type CloudEvent, fleetEvent, MiniProgramReleased, ReadinessChanged } from '@wxa/contracts';
import type { AppName } from '@wxa/postgres/outbox';
import { toReadiness } from '../core/messages.js';
import type { Items } from '../core/readiness.js';

/** `release-worker` for all but operations that an operator resolves. */
interface Written {
  appid: string;
  at: Date;
  writer: AppName;
}

/** The readiness of a mini-program has changed. */
export function readinessChanged(of: Written, before: Items, after: Items): CloudEvent {
  const message = {
    appid: of.appid,
    before: toReadiness(before),
    after: toReadiness(after),
    changeTime: of.at,
  };
  return eventOf(of, 'ReadinessChanged', ReadinessChanged.encode(message).finish());
}

/** A version became live that was not before. */
export interface Released {
  version: string;
  template: string | null;
  at: Date;
  /** Null if no rollout released it, as far as is known. */
  rolloutId: string | null;
  /** No live version was known before. */
  isFirst: boolean;
}

export function released(of: Written, { version, template, at, rolloutId, isFirst }: Released): CloudEvent {
  const message: MiniProgramReleased = {
    appid: of.appid,
    userVersion: version,
    templateId: template === null ? undefined : BigInt(template),
    rolloutId: rolloutId ?? '',
    isFirst,
    releaseTime: at,
  };
  return eventOf(of, 'MiniProgramReleased', MiniProgramReleased.encode(message).finish());
}

function eventOf(
  { appid, at, writer: source }: Written,
  name: 'ReadinessChanged' | 'MiniProgramReleased',
  message: Uint8Array,
): CloudEvent {
  return fleetEvent({ name, appid, at, source, message });
}
