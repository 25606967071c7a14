import { expect } from '@jest/globals';
import type { ListOperationsResponse, Operation } from '@wxa/contracts';
import { unary, type World } from '../world.js';

/** The only operation of a mini-program, to find the operation of a query. */
export async function onlyOperation(world: World, appid: string): Promise<Operation> {
  const page = { appid, state: 'OPERATION_STATE_UNSPECIFIED', method: '', pageSize: 0, pageToken: '' };
  const { operations } = await unary<ListOperationsResponse>(world.operations, 'listOperations', page);
  expect(operations).toHaveLength(1);
  return operations[0] as Operation;
}
