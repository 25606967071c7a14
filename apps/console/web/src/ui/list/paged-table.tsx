import { Table, type TableProps, Typography } from 'antd';
import type { ApiError } from '../../api/call.js';
import { ErrorAlert } from '../error-alert.js';
import { LoadMore, type Pages } from './load-more.js';

interface Props<Row>
  extends Pick<TableProps<Row>, 'rowKey' | 'columns' | 'size' | 'rowSelection' | 'expandable'> {
  pages: Pages & { rows: Row[]; error: ApiError | null; isPending: boolean; refetch(): unknown };
  empty: string;
}

/** The pages of a list that were loaded so far, with a button that loads the next one. A list that could not be read is not called empty. */
export function PagedTable<Row extends object>({ pages, empty, ...props }: Props<Row>) {
  const hasRows = pages.rows.length > 0;
  return (
    <>
      <ErrorAlert error={pages.error} retry={pages.refetch} />
      {(hasRows || pages.error === null) && (
        <Table<Row>
          size="middle"
          {...props}
          showHeader={hasRows}
          loading={pages.isPending}
          dataSource={pages.rows}
          pagination={false}
          locale={{
            emptyText: pages.isPending ? ' ' : <Typography.Text type="secondary">{empty}</Typography.Text>,
          }}
          // An empty table has nothing that could take the focus of a region that scrolls.
          {...(hasRows && { scroll: { x: 'max-content' } })}
        />
      )}
      <LoadMore pages={pages} />
    </>
  );
}
