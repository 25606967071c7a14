import type { TableColumnType } from 'antd';
import type { ReactNode } from 'react';
import { type TextKey, useText } from '../../text/text.js';

/** Makes columns of a table: of a title and what each row shows. */
export function useColumn<Row>() {
  const t = useText();
  return (
    title: TextKey,
    cell: (row: Row) => ReactNode,
    more: TableColumnType<Row> = {},
  ): TableColumnType<Row> => ({
    title: t(title),
    render: (_: unknown, row: Row) => cell(row),
    ...more,
  });
}
