import { type KafkaConnection, OutboxRelay } from '@wxa/kafka';
import type { Logger } from '@wxa/service';
import type { GatewaySettings } from '../config.js';
import { Forwards } from '../forwards/forwards.js';
import { CallbackStore, type CallbackStoreParts } from './callback-store.js';
import { PlatformEvents } from './platform-events.js';

/** While events arrive, those of this time are one batch: nobody waits for one, as callers wait for a command. */
const EVENT_INTERVAL_MS = 50;

export interface CallbackParts extends Omit<CallbackStoreParts, 'hasFixedTokens'> {
  settings: GatewaySettings;
  logger: Logger;
  connection: KafkaConnection;
}

/** What stores and forwards WeChat's callbacks, and the relay of those that are published as events, which is not started. */
export async function openCallbacks({
  settings,
  logger,
  store,
  connection,
  relay,
  directory,
  tokens,
  tracing,
}: CallbackParts) {
  const { CALLBACK_FORWARD_FILE: path, WECHAT_TOKEN_SOURCE: source } = settings;
  const keepsTokens = source === 'component';
  const forwards = path === undefined ? null : await Forwards.open({ path, keepsTokens, logger, store });
  const outbox = { outbox: store.eventOutbox, leases: store.leases };
  const options = { writer: 'gateway-events', logger, minIntervalMs: EVENT_INTERVAL_MS } as const;
  const eventRelay = new OutboxRelay(outbox, connection, options);
  const events = new PlatformEvents(store.callbacks, eventRelay, settings);
  const kept = { store, relay, directory, tokens, tracing, hasFixedTokens: source === 'static' };
  const callbacks = new CallbackStore(kept, events);
  const stop = () => {
    forwards?.stop();
    return callbacks.stop();
  };
  return { eventRelay, callbacks, forwards, stop };
}
