import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { Gcra } from '@wxa/service';
import { rpcError, toStatus } from '../errors/rpc-error.js';
import { connectionOf } from './peer.js';

const HEALTH = '/grpc.health.v1.';
/** Of one connection; a client that checks the health needs a few in a minute. */
const PER_SECOND = 50;
/** How long the message of a call may take: without a limit, a call without one would never end. */
const MESSAGE_MS = 10_000;

/** Whether everyone may call a path, without a credential. */
export function isAnonymous(path: string): boolean {
  return path.startsWith(HEALTH);
}

/**
 * Limits calls that need no credential: 50 a second on one connection, whose message arrives within 10 s.
 * @param now milliseconds, monotonic.
 */
export function limitAnonymous(now = () => performance.now()): ServerInterceptor {
  const rates = new WeakMap<object, Gcra>();
  const rateOf = (connection: object) => {
    const known = rates.get(connection) ?? new Gcra(PER_SECOND, PER_SECOND);
    rates.set(connection, known);
    return known;
  };
  return (_method, call) => {
    let timer: NodeJS.Timeout | undefined;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const retryAfterMs = Math.ceil(rateOf(connectionOf(call) ?? rates).tryAcquire(now()));
        if (retryAfterMs > 0) return call.sendStatus(toStatus(tooMany(retryAfterMs)));
        timer = setTimeout(() => call.sendStatus(toStatus(tooSlow())), MESSAGE_MS).unref();
        next(metadata);
      })
      .withOnReceiveHalfClose((next) => {
        clearTimeout(timer);
        next();
      })
      .withOnCancel(() => clearTimeout(timer))
      .build();
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder().withStart((next) => next(listener)).build(),
    );
  };
}

function tooMany(retryAfterMs: number) {
  const message = `more than ${PER_SECOND} calls per second without a caller on one connection`;
  return rpcError('TOO_MANY_REQUESTS', message, { retryAfterMs });
}

function tooSlow() {
  return rpcError('MALFORMED_MESSAGE', `no message arrived within ${MESSAGE_MS} ms`);
}
