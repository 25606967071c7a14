import { expect } from '@jest/globals';
import type { ListOperationsResponse, Operation } from '@wxa/contracts';
import { unary, type World } from '../world.js';

/** The operation of a mini-program that was asked for one thing: so a query's is found. */
export async function onlyOperation(world: World, appid: string): Promise<Operation> {
  const page = { appid, state: 'OPERATION_STATE_UNSPECIFIED', method: '', pageSize: 0, pageToken: '' };
  const { operations } = await unary<ListOperationsResponse>(world.operations, 'listOperations', page);
  expect(operations).toHaveLength(1);
  return operations[0] as Operation;
}
