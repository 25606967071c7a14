import { status as Code, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { GatewayCalls } from './gateway.js';
import { readTemplates } from './templates.js';

it('A form offers the templates, newest first, and none if the library does not answer within 3 s', async () => {
  const deadlines: (number | undefined)[] = [];
  const offeredOf = async (answer: Promise<object>) => {
    const listTemplates = (_: object, deadlineMs?: number) => {
      deadlines.push(deadlineMs);
      return answer;
    };
    const templates = await readTemplates({ templates: { listTemplates } } as unknown as GatewayCalls);
    return templates.map((one) => one.templateId);
  };
  const late = { code: Code.DEADLINE_EXCEEDED, details: 'late', metadata: new Metadata() };
  const library = { templates: [{ templateId: 1n }, { templateId: 2n }] };
  expect(await offeredOf(Promise.resolve(library))).toEqual([2n, 1n]);
  expect(await offeredOf(Promise.reject(Object.assign(new Error(), late)))).toEqual([]);
  expect(deadlines).toEqual([3_000, 3_000]);
});
