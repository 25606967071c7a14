import { expect, it } from '@jest/globals';
import { errorsAt, fieldData, pathOf } from './field-path.js';

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

it('What is wrong within the value of a field belongs to that field, and what has no field is not all', () => {
  const at = (...fields: string[]) => {
    const violations = fields.map((field) => ({ field, description: `${field} is wrong` }));
    return errorsAt(violations, [
      ['settings'],
      ['settings', 'serverDomains', 'request'],
      ['rows', 0, 'key'],
      [],
    ]);
  };
  expect(at('settings.server_domains.request[3]', 'settings.server_domains.request[5]')).toEqual({
    fields: [
      {
        name: ['settings', 'serverDomains', 'request'],
        errors: [
          'settings.server_domains.request[3] is wrong',
          'settings.server_domains.request[5] is wrong',
        ],
      },
    ],
    areAll: true,
  });
  expect(at('rows[0].key', 'rows[1].key')).toEqual({
    fields: [{ name: ['rows', 0, 'key'], errors: ['rows[0].key is wrong'] }],
    areAll: false,
  });
  expect(at().areAll).toBe(false);
});
