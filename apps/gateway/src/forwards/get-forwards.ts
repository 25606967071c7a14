import type { Forward, GetForwardsResponse } from '@wxa/contracts';
import { ruleFor, TICKET, TOKEN_CALLBACKS, urlOf } from '@wxa/policy';
import { durationOf } from '../operations/duration.js';
import { type Forwards, INSTANCE } from './forwards.js';

const MAX_APPIDS = 100;

/**
 * The forwards of this gateway, without their URLs. @param forwards null without a file. @param keepsTokens whether this service holds
 * the tokens. @param platform the component appid, if it is known.
 */
export function getForwards(
  forwards: Pick<Forwards, 'rules'> | null,
  keepsTokens: boolean,
  platform = '',
): GetForwardsResponse {
  const rules = forwards?.rules ?? [];
  const all = { rules: rules.map(({ rule }) => rule) };
  const ofTickets = ruleFor(all, { name: TICKET, appid: platform }, keepsTokens);
  return {
    instance: INSTANCE,
    forwards: rules.map((one) => toForward(one, one.rule === ofTickets)),
    keptNames: keepsTokens ? [...TOKEN_CALLBACKS] : [],
  };
}

function toForward({ rule, health }: Forwards['rules'][number], takesTickets: boolean): Forward {
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
    takesTickets,
  };
}
