import { Table, type TableProps } from 'antd';

interface Props<Row> extends Omit<TableProps<Row>, 'scroll' | 'dataSource'> {
  /** What the table lists. */
  label: string;
  rows: readonly Row[];
  /** In pixels: a narrower window scrolls the table sideways. */
  minWidth?: number;
}

/** A table that scrolls sideways where it is too wide, also by the keyboard. */
export function WideTable<Row extends object>({ label, rows, minWidth = 640, ...props }: Props<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard.
    <section aria-label={label} tabIndex={0} style={{ overflowX: 'auto' }}>
      <Table<Row>
        size="small"
        pagination={false}
        {...props}
        dataSource={[...rows]}
        style={{ minWidth, ...props.style }}
      />
    </section>
  );
}
