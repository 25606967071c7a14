import { Card } from 'antd';
import { useCall } from '../api/query.js';
import { useOperationColumns } from '../operations/columns.js';
import { useText } from '../text/text.js';
import { WideTable } from '../ui/list/wide-table.js';

const SHOWN = 5;

/** Who changed the library last. */
export function LatestChanges() {
  const t = useText();
  const { created, method, person, state } = useOperationColumns();
  const added = useCall('Operations/ListOperations', { method: 'AddTemplate', pageSize: SHOWN });
  const deleted = useCall('Operations/ListOperations', { method: 'DeleteTemplate', pageSize: SHOWN });
  // Ids are in the order of acceptance.
  const rows = [...(added.data?.operations ?? []), ...(deleted.data?.operations ?? [])]
    .toSorted((one, other) => other.id.localeCompare(one.id))
    .slice(0, SHOWN);
  if (rows.length === 0) return null;
  return (
    <Card title={t('templates.latest')}>
      <WideTable
        label={t('templates.latest')}
        rowKey="id"
        columns={[created, method, person, state]}
        rows={rows}
      />
    </Card>
  );
}
