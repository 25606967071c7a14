import { Table, type TableProps } from 'antd';
import { ErrorAlert, type ReadError } from '../error-alert.js';

interface Props<Row> extends Omit<TableProps<Row>, 'scroll' | 'dataSource' | 'loading'>, Partial<ReadError> {
  /** What the table lists. */
  label: string;
  /** Undefined until they are read: they are not called none before. */
  rows: readonly Row[] | undefined;
  /** In pixels: a narrower window scrolls the table sideways. */
  minWidth?: number;
}

/** A table that scrolls sideways where it is too wide, also by the keyboard. */
export function WideTable<Row extends object>(props: Props<Row>) {
  const { label, rows = [], minWidth = 640, error, retry, ...table } = props;
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
