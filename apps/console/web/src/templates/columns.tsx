import type { Response } from '../api/types.js';
import { useColumn } from '../ui/list/column.js';
import { Time } from '../ui/time.js';

type Common = Pick<
  Response<'Templates/ListTemplates'>['templates'][number],
  'userVersion' | 'userDesc' | 'createTime' | 'sourceName' | 'sourceAppid'
>;

/** The columns of both tables, as wide in one as in the other, so that their columns stand one below the other. */
export function useCommonColumns<Row extends Common>() {
  const column = useColumn<Row>();
  return [
    column('templates.version', ({ userVersion }) => userVersion, { width: 100 }),
    column('templates.description', ({ userDesc }) => userDesc, { ellipsis: true }),
    column('templates.created', ({ createTime }) => <Time at={createTime} />, { width: 130 }),
    column('templates.source', ({ sourceName, sourceAppid }) => sourceName || sourceAppid, {
      width: 120,
      ellipsis: true,
    }),
  ];
}
