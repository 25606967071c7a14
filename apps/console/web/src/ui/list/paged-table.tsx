import { Table, type TableProps, Typography } from 'antd';
import type { ApiError } from '../../api/call.js';
import { ErrorAlert } from '../error-alert.js';
import { LoadMore, type Pages } from './load-more.js';

interface Props<Row>
  extends Pick<TableProps<Row>, 'rowKey' | 'columns' | 'size' | 'showHeader' | 'rowSelection'> {
  pages: Pages & { rows: Row[]; error: ApiError | null; isPending: boolean };
  empty: string;
}

/** The pages of a list that were loaded so far, with a button that loads the next one. */
export function PagedTable<Row extends object>({ pages, empty, ...props }: Props<Row>) {
  return (
    <>
      <ErrorAlert error={pages.error} />
      <Table<Row>
        size="middle"
        {...props}
        loading={pages.isPending}
        dataSource={pages.rows}
        pagination={false}
        locale={{
          emptyText: pages.isPending ? ' ' : <Typography.Text type="secondary">{empty}</Typography.Text>,
        }}
        // An empty table has nothing that could take the focus of a region that scrolls.
        {...(pages.rows.length > 0 && { scroll: { x: 'max-content' } })}
      />
      <LoadMore pages={pages} />
    </>
  );
}
