import { Button, Table, type TableColumnType, type TableProps } from 'antd';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/call.js';
import { type TextKey, t } from '../text/text.js';
import { ErrorAlert, type ReadError } from './page.js';
import { Secondary } from './value.js';

type Cell<Row> = (row: Row) => ReactNode;

/** The columns of a table by the keys of their headings: what each row shows there, alone or with how the column looks; false: left out. */
export type Columns<Row> = {
  readonly [Heading in TextKey]?: Cell<Row> | (TableColumnType<Row> & { cell: Cell<Row> }) | false;
};

/** Columns as Ant Design has them. */
export function columnsOf<Row>(columns: Columns<Row>): TableColumnType<Row>[] {
  return (Object.keys(columns) as TextKey[]).flatMap((heading) => {
    const column = columns[heading];
    if (!column) return [];
    const { cell, ...look } = typeof column === 'function' ? { cell: column } : column;
    return [{ key: heading, title: t(heading), render: (_: unknown, row: Row) => cell(row), ...look }];
  });
}

interface PagedProps<Row> extends Pick<TableProps<Row>, 'rowKey' | 'size' | 'rowSelection' | 'expandable'> {
  columns: Columns<Row>;
  pages: Pages & { rows: Row[]; error: ApiError | null; isPending: boolean; refetch(): unknown };
  empty: string;
}

/** The pages of a list that were loaded so far, with a button that loads the next one. A list that could not be read is not called empty. */
export function PagedTable<Row extends object>({ pages, empty, columns, ...props }: PagedProps<Row>) {
  const hasRows = pages.rows.length > 0;
  return (
    <>
      <ErrorAlert error={pages.error} retry={pages.refetch} />
      {(hasRows || pages.error === null) && (
        <Table<Row>
          size="middle"
          {...props}
          columns={columnsOf(columns)}
          showHeader={hasRows}
          loading={pages.isPending}
          dataSource={pages.rows}
          pagination={false}
          locale={{
            emptyText: pages.isPending ? ' ' : <Secondary>{empty}</Secondary>,
          }}
          // An empty table has nothing that could take the focus of a region that scrolls.
          {...(hasRows && { scroll: { x: 'max-content' } })}
        />
      )}
      <LoadMore pages={pages} />
    </>
  );
}

interface WideProps<Row>
  extends Omit<TableProps<Row>, 'scroll' | 'dataSource' | 'loading' | 'columns'>,
    Partial<ReadError> {
  columns: Columns<Row>;
  /** What the table lists. */
  label: string;
  /** Undefined until they are read: they are not called none before. */
  rows: readonly Row[] | undefined;
  /** In pixels: a narrower window scrolls the table sideways. */
  minWidth?: number;
}

/** A table that scrolls sideways where it is too wide, also by the keyboard. */
export function WideTable<Row extends object>(props: WideProps<Row>) {
  const { label, columns, rows = [], minWidth = 640, error, retry, ...table } = props;
  const isRead = props.rows !== undefined;
  const hasRows = rows.length > 0;
  return (
    <>
      <ErrorAlert error={error} retry={retry} />
      {(isRead || !error) && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard.
        <section aria-label={label} tabIndex={0} style={{ overflowX: 'auto' }}>
          <Table<Row>
            size="small"
            pagination={false}
            {...table}
            columns={columnsOf(columns)}
            loading={!isRead}
            dataSource={[...rows]}
            showHeader={hasRows}
            {...(!isRead && { locale: { emptyText: ' ' } })}
            // What an empty table says has to be within the window.
            style={{ ...(hasRows && { minWidth }), ...table.style }}
          />
        </section>
      )}
    </>
  );
}

/** A list whose pages are loaded one by one, as `usePages` returns it. */
export interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

/** The button that loads the next page of a list; nothing after the last one. */
export function LoadMore({ pages }: { pages: Pages }) {
  if (!pages.hasNextPage) return null;
  return (
    <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
      {t('loadMore')}
    </Button>
  );
}
