import { expect, it } from '@jest/globals';
import { fieldData, pathOf } from './field-path.js';

it('The path of a field is that of the value in JSON', () => {
  expect(pathOf('waves[0].user_version')).toEqual(['waves', 0, 'userVersion']);
  expect(pathOf('reason')).toEqual(['reason']);
});

it('What is wrong within a message belongs to the form of its fields', () => {
  const violations = [
    { field: 'spec.template_id', description: 'required' },
    { field: 'request_id', description: 'too long' },
  ];
  expect(fieldData(violations, 'spec')).toEqual([
    { name: ['templateId'], errors: ['required'] },
    { name: ['requestId'], errors: ['too long'] },
  ]);
});
