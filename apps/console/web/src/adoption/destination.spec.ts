import { expect, it } from '@jest/globals';
import { destinationOf } from './destination.js';

const forwards = [
  { name: 'talk', events: ['text', 'image'], takesTickets: false },
  { name: 'all', events: ['*'], takesTickets: true },
];
const keptNames = ['component_verify_ticket', 'authorized'];

it('A callback goes to every forward that names it or takes all, and what the service keeps to none that takes all', () => {
  expect(destinationOf('text', { forwards, keptNames })).toEqual(['talk', 'all']);
  expect(destinationOf('authorized', { forwards, keptNames })).toBe('service');
  expect(destinationOf('authorized', { forwards, keptNames: [] })).toEqual(['all']);
});

it('A callback without a forward is only on the topic, unless it decides an audit', () => {
  const without = { forwards: forwards.slice(0, 1), keptNames };
  expect(destinationOf('wxa_nickname_audit', without)).toBe('topic');
  expect(destinationOf('weapp_audit_success', without)).toBe('service');
});

it('A ticket goes to no forward whose appids leave out the platform', () => {
  const few = { name: 'few', events: ['component_verify_ticket'], takesTickets: false };
  const given = { forwards: [few], keptNames: [] };
  expect(destinationOf('component_verify_ticket', given)).toBe('topic');
  const whole = { ...given, forwards: [few, ...forwards] };
  expect(destinationOf('component_verify_ticket', whole)).toEqual(['all']);
});
