import type { Forward, GetForwardsResponse } from '@wxa/contracts';
import { TOKEN_CALLBACKS, urlOf } from '@wxa/policy';
import { durationOf } from '../operations/duration.js';
import { type Forwards, INSTANCE } from './forwards.js';

const MAX_APPIDS = 100;

/** The forwards of this gateway, without their URLs. @param forwards null without a file. @param keepsTokens whether this service holds the tokens. */
export function getForwards(
  forwards: Pick<Forwards, 'rules'> | null,
  keepsTokens: boolean,
): GetForwardsResponse {
  return {
    instance: INSTANCE,
    forwards: (forwards?.rules ?? []).map(toForward),
    keptNames: keepsTokens ? [...TOKEN_CALLBACKS] : [],
  };
}

function toForward({ rule, health }: Forwards['rules'][number]): Forward {
  const { name, events, appids, url, timeoutMs, onFailure } = rule;
  const { delivered, failed, deliveredAt, failure } = health;
  return {
    name,
    events: events === 'all' ? ['*'] : [...events],
    appids: appids.patterns === 'all' ? [] : appids.patterns.slice(0, MAX_APPIDS),
    host: urlOf(url, '')?.host ?? '',
    timeout: durationOf(timeoutMs),
    succeedsOnFailure: onFailure === 'succeed',
    ...{ delivered: BigInt(delivered), failed: BigInt(failed) },
    lastDeliveryTime: deliveredAt === undefined ? undefined : new Date(deliveredAt),
    lastFailureTime: failure && new Date(failure.at),
    lastFailure: failure?.result ?? '',
  };
}
