import type { Operation } from '@wxa/contracts';
import type { Visit } from '../visit/visit.js';
import { OperationLink } from './links.js';
import { Table } from './list.js';
import { State } from './state.js';
import { Time } from './time.js';

/** Operations of one lane, with what is wrong with them. */
export function RecentOperations({ visit, operations }: { visit: Visit; operations: readonly Operation[] }) {
  const { t } = visit;
  return (
    <Table columns={[t('operation'), t('state'), t('acceptedAt'), t('problem')]}>
      {operations.map(({ id, method, state, createTime, error }) => (
        <tr>
          <td>
            <OperationLink id={id}>{method}</OperationLink>
          </td>
          <td>
            <State visit={visit} of="operation" state={state} />
          </td>
          <td>
            <Time visit={visit} at={createTime} />
          </td>
          <td class="wrap">
            {error && (
              <>
                <code>{error.reason}</code> {error.errcode !== 0 && error.errcode} {error.errmsg}
              </>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
