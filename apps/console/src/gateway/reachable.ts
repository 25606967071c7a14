import { connectivityState } from '@grpc/grpc-js';
import { every, type Readiness } from '@wxa/service';
import type { Gateway } from './gateway.js';

const INTERVAL_MS = 1_000;

/** The console is ready while the gateway is reachable. */
export function reportGateway(gateway: Gateway, readiness: Readiness): { end(): void } {
  return every(INTERVAL_MS, async () => {
    const state = gateway.channel.getConnectivityState(true);
    const isReady = state === connectivityState.READY || state === connectivityState.IDLE;
    readiness.set('gateway', isReady, connectivityState[state]);
  });
}
