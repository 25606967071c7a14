import type { Operation } from '@wxa/contracts';
import { hintOf } from '../gateway/failure.js';
import type { Visit } from '../visit/visit.js';
import { OperationLink } from './links.js';
import { type Column, Table } from './list.js';
import { State } from './state.js';
import { Time } from './time.js';

/** Operations with what is wrong with them. */
export function RecentOperations({ visit, operations }: { visit: Visit; operations: readonly Operation[] }) {
  const { t } = visit;
  const columns: Column<Operation>[] = [
    { title: t('operation'), cell: ({ id, method }) => <OperationLink id={id}>{method}</OperationLink> },
    { title: t('state'), cell: ({ state }) => <State visit={visit} of="operation" state={state} /> },
    { title: t('acceptedAt'), cell: ({ createTime }) => <Time visit={visit} at={createTime} /> },
    {
      title: t('problem'),
      kind: 'wrap',
      cell: ({ error }) =>
        error && (
          <>
            <code>{error.reason}</code> {error.errcode !== 0 && error.errcode} {error.errmsg}{' '}
            <small>{hintOf(error, visit.language)}</small>
          </>
        ),
    },
  ];
  return <Table columns={columns} rows={operations} />;
}
