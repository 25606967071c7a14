import type { RequestOf, ResultOf } from '@wxa/contracts';
import type { Api, WxaResult } from '@wxa/wxa-client';
import {
  type CallContext,
  type ChangeMethod,
  map,
  NOT_EXECUTED,
  type Precondition,
  type Reconciliation,
  unsent,
} from './room.js';

/** Changes that set a whole value and return whether they had to. */
type SetMethod = {
  [M in ChangeMethod]: ResultOf<M> extends { changed: boolean } ? M : never;
}[ChangeMethod];

/**
 * A set of a value that can be read: it is not sent if WeChat already has the value, and the same read resolves an unknown
 * outcome.
 * @param read the operation's result if WeChat has the value; undefined if it has another one.
 */
export function readableSet<M extends SetMethod>(
  api: Api,
  read: (request: RequestOf<M>, context: CallContext) => Promise<WxaResult<ResultOf<M> | undefined>>,
): { preconditions: Precondition<RequestOf<M>, ResultOf<M>>[]; reconcile: Reconciliation<M> } {
  const unlessSet: Precondition<RequestOf<M>, ResultOf<M>> = {
    api,
    applies: () => true,
    check: async (request, context) => {
      const found = await read(request, context);
      if (found.kind !== 'ok') return unsent(found);
      return found.value === undefined ? undefined : { kind: 'ok', value: found.value, sent: false };
    },
  };
  return {
    preconditions: [unlessSet],
    reconcile: {
      api,
      check: async ({ request }, context) =>
        map(await read(request, context), (result) =>
          result === undefined
            ? NOT_EXECUTED
            : ({ kind: 'executed', result: { ...result, changed: true } } as const),
        ),
      mayHaveHeldBefore: true,
      isIdempotentSet: true,
      duplicateCodes: [],
    },
  };
}
