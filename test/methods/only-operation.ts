import { expect } from '@jest/globals';
import { ListOperationsRequest, type ListOperationsResponse, type Operation } from '@wxa/contracts';
import { unary, type World } from '../world.js';

/** The only operation of a mini-program, to find the operation of a query. */
export async function onlyOperation(world: World, appid: string): Promise<Operation> {
  const request = ListOperationsRequest.fromPartial({ appid });
  const { operations } = await unary<ListOperationsResponse>(world.operations, 'listOperations', request);
  expect(operations).toHaveLength(1);
  return operations[0] as Operation;
}
