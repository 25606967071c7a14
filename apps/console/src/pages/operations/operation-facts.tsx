import type { Operation, OperationError } from '@wxa/contracts';
import type { ComponentChildren } from 'preact';
import { hintOf } from '../../gateway/failure.js';
import { Age, duration } from '../../ui/time.js';
import type { Look } from '../../visit/visit.js';

/** The rows of a table of facts that say why an operation failed, is in doubt or is retried. */
export function ErrorRows({ visit, error }: { visit: Look; error: OperationError }) {
  const { t } = visit;
  return (
    <>
      <Fact name={t('error')}>
        <code>{error.reason}</code>
      </Fact>
      {error.errcode !== 0 && <Fact name={t('errcode')}>{error.errcode}</Fact>}
      <Fact name={t('errmsg')}>{error.errmsg}</Fact>
      {error.rid && <Fact name={t('rid')}>{error.rid}</Fact>}
      <Fact name={t('hint')}>{hintOf(error, visit.language)}</Fact>
      <Fact name={t('isRetryable')}>{t(error.retryable ? 'yes' : 'no')}</Fact>
    </>
  );
}

/** The page of the target whose rollout requested an operation; undefined if none did. */
export function rolloutOf({ requestId, appid }: Operation): string | undefined {
  const id = /^rollout-([0-9a-f-]{36})-/.exec(requestId)?.[1];
  return id && `/rollouts/${id}/targets/${appid}`;
}

/** A row of a table of facts. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="wrap">{children}</td>
    </tr>
  );
}

/** How long an operation took from its acceptance to its end; until then, its age. */
export function OperationAge({ visit, operation }: { visit: Look; operation: Operation }) {
  const { createTime, endTime } = operation;
  if (createTime === undefined || endTime === undefined) return <Age visit={visit} since={createTime} />;
  return <>{duration(visit, (endTime.getTime() - createTime.getTime()) / 1000)}</>;
}
