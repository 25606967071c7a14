import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { nameOf } from '../text/text.js';
import type { Columns } from '../ui/table.js';
import { MiniProgramName, StateTag, Time } from '../ui/value.js';
import { errorOf, type Operation, WaitsFor } from './held-by.js';

const CELLS = {
  method: ({ id, method }) => <Link to={`/operations/${id}`}>{nameOf('method', method)}</Link>,
  state: ({ state }) => <StateTag of="operation" state={state} />,
  of: ({ appid }) => <MiniProgramName appid={appid} />,
  person: ({ onBehalfOf, acceptedBy }) => onBehalfOf || acceptedBy || '–',
  created: ({ createTime }) => <Time at={createTime} />,
  ended: ({ endTime }) => <Time at={endTime} />,
  error: errorOf,
  waitsFor: (operation) => <WaitsFor operation={operation} />,
} satisfies Record<string, (operation: Operation) => ReactNode>;

const NAMES = Object.keys(CELLS) as (keyof typeof CELLS)[];

/** The columns of a table of operations: some in their order, or all. */
export function operationColumns(names = NAMES): Columns<Operation> {
  return Object.fromEntries(names.map((name) => [`operations.${name}`, CELLS[name]]));
}
