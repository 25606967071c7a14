import type { TableColumnsType } from 'antd';
import type { Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { Time } from '../ui/time.js';

type Common = Pick<
  Response<'Templates/ListTemplates'>['templates'][number],
  'userVersion' | 'userDesc' | 'createTime' | 'sourceName' | 'sourceAppid'
>;

/** The columns of both tables, as wide in one as in the other, so that their columns stand one below the other. */
export function useCommonColumns<Row extends Common>(): TableColumnsType<Row> {
  const t = useText();
  return [
    { title: t('templates.version'), dataIndex: 'userVersion', width: 100 },
    { title: t('templates.description'), dataIndex: 'userDesc', ellipsis: true },
    { title: t('templates.created'), width: 130, render: (_, { createTime }) => <Time at={createTime} /> },
    {
      title: t('templates.source'),
      width: 120,
      ellipsis: true,
      render: (_, row) => row.sourceName || row.sourceAppid,
    },
  ];
}
