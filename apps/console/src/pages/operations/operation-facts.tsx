import type { Operation, OperationError } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { hintOf } from '../../gateway/failure.js';
import { Age, duration } from '../../ui/time.js';
import type { Look } from '../../visit/visit.js';

/** A name and what it is; a fact without a value is not shown. */
export type Fact = readonly [name: string, value: ComponentChildren];

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <table class="facts">
      <tbody>
        {facts.map(
          ([name, value]) =>
            value !== undefined &&
            value !== '' && (
              <tr>
                <th scope="row">{name}</th>
                <td class="wrap">{value}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}

/** Why an operation failed, is in doubt or is retried. */
export function errorFacts({ t, language }: Look, error: OperationError): Fact[] {
  return [
    [t('error'), <code>{error.reason}</code>],
    [t('errcode'), error.errcode || undefined],
    [t('errmsg'), error.errmsg],
    [t('rid'), error.rid],
    [t('hint'), hintOf(error, language)],
    [t('isRetryable'), t(error.retryable ? 'yes' : 'no')],
  ];
}

/** The page of the target whose rollout requested an operation; undefined if none did. */
export function rolloutOf({ requestId, appid }: Operation): string | undefined {
  const id = /^rollout-([0-9a-f-]{36})-/.exec(requestId)?.[1];
  return id && `/rollouts/${id}/targets/${appid}`;
}

/** How long an operation took from its acceptance to its end; until then, its age. */
export function OperationAge({ visit, operation }: { visit: Look; operation: Operation }) {
  const { createTime, endTime } = operation;
  if (createTime === undefined || endTime === undefined) return <Age visit={visit} since={createTime} />;
  return <>{duration(visit, (endTime.getTime() - createTime.getTime()) / 1000)}</>;
}
