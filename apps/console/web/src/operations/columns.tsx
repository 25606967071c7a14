import { Link } from 'react-router';
import { useName } from '../text/text.js';
import { MiniProgramName } from '../ui/appid.js';
import { useColumn } from '../ui/list/column.js';
import { StateTag } from '../ui/state-tag.js';
import { Time } from '../ui/time.js';
import { errorOf, type Operation, WaitsFor } from './held-by.js';

/** The columns of a table of operations. */
export function useOperationColumns() {
  const name = useName();
  const column = useColumn<Operation>();
  return {
    method: column('operations.method', ({ id, method }) => (
      <Link to={`/operations/${id}`}>{name('method', method)}</Link>
    )),
    state: column('operations.state', ({ state }) => <StateTag of="operation" state={state} />),
    appid: column('operations.of', ({ appid }) => <MiniProgramName appid={appid} />),
    person: column('operations.person', ({ onBehalfOf, acceptedBy }) => onBehalfOf || acceptedBy || '–'),
    created: column('operations.created', ({ createTime }) => <Time at={createTime} />),
    ended: column('operations.ended', ({ endTime }) => <Time at={endTime} />),
    error: column('operations.error', errorOf),
    waitsFor: column('operations.waitsFor', (operation) => <WaitsFor operation={operation} />),
  };
}
