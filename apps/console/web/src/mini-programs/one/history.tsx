import { Card, Flex } from 'antd';
import { Link } from 'react-router';
import { usePages } from '../../api/query.js';
import { operationColumns } from '../../operations/columns.js';
import { hintOf } from '../../text/hint.js';
import { causeOf } from '../../text/sentence.js';
import { language, nameOf, t } from '../../text/text.js';
import { PagedTable } from '../../ui/table.js';
import { Secondary, StateTag, Time } from '../../ui/value.js';
import { whoOf } from '../../ui/who.js';
import type { Operation } from '../types.js';

const SHOWN = 20;

/** The changes of a mini-program, newest first, for as long as operations are kept. */
export function History({ appid }: { appid: string }) {
  const request = { appid, pageSize: SHOWN, changesOnly: true };
  const list = usePages('Operations/ListOperations', request, ({ operations }) => operations);
  return (
    <Card title={t('miniPrograms.history')}>
      <PagedTable
        pages={list}
        rowKey="id"
        size="small"
        empty={t('miniPrograms.noHistory')}
        columns={{
          ...operationColumns(['created', 'method', 'state', 'waitsFor']),
          'miniPrograms.who': (one) =>
            one.requestId.startsWith('rollout-')
              ? t('miniPrograms.byRollout')
              : whoOf({ ...one, caller: one.acceptedBy }),
          'miniPrograms.problem': (one) => <Problem operation={one} />,
        }}
      />
    </Card>
  );
}

function Problem({ operation: { error } }: { operation: Operation }) {
  if (error === undefined) return null;
  return (
    <Flex vertical>
      <span>{hintOf(error, language)}</span>
      <Secondary>
        <code>{error.reason}</code> {error.errcode !== 0 && error.errcode} {causeOf(error)}
      </Secondary>
    </Flex>
  );
}

/** The changes that have not ended, in the order in which they run. */
export function Queue({ queue }: { queue: readonly Operation[] }) {
  if (queue.length === 0) return null;
  return (
    <Card title={t('miniPrograms.queue')}>
      <Flex gap="middle" wrap>
        {queue.slice(0, SHOWN).map(({ id, method, state, nextAttemptTime }, index) => (
          <Flex key={id} gap={4} align="center">
            {index > 0 && '→'}
            <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link>
            <StateTag of="operation" state={state} />
            {nextAttemptTime && (
              <Secondary>
                {t('miniPrograms.nextAttempt')} <Time at={nextAttemptTime} />
              </Secondary>
            )}
          </Flex>
        ))}
        {queue.length > SHOWN && t('miniPrograms.queueMore', { n: queue.length - SHOWN })}
      </Flex>
    </Card>
  );
}
