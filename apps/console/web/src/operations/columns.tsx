import { Link } from 'react-router';
import { nameOf } from '../text/text.js';
import { column } from '../ui/table.js';
import { MiniProgramName, StateTag, Time } from '../ui/value.js';
import { errorOf, type Operation, WaitsFor } from './held-by.js';

const of = column<Operation>;

/** The columns of a table of operations. */
export function operationColumns() {
  return {
    method: of('operations.method', ({ id, method }) => (
      <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link>
    )),
    state: of('operations.state', ({ state }) => <StateTag of="operation" state={state} />),
    appid: of('operations.of', ({ appid }) => <MiniProgramName appid={appid} />),
    person: of('operations.person', ({ onBehalfOf, acceptedBy }) => onBehalfOf || acceptedBy || '–'),
    created: of('operations.created', ({ createTime }) => <Time at={createTime} />),
    ended: of('operations.ended', ({ endTime }) => <Time at={endTime} />),
    error: of('operations.error', errorOf),
    waitsFor: of('operations.waitsFor', (operation) => <WaitsFor operation={operation} />),
  };
}
