import { expect, it } from '@jest/globals';
import { UsageError } from '../exit-codes.js';
import { parseArguments } from './arguments.js';

it.each([
  [['list', '--reason', 'X', '--json'], { command: 'list', reason: 'X', json: true }],
  [['show', '3:017'], { command: 'show', id: '3:17', json: false }],
  [['replay', '0:1', '0:2', '--again'], { selection: { ids: ['0:1', '0:2'] }, again: true }],
  [['replay', '--reason', 'X'], { selection: { reason: 'X' }, again: false }],
  [['replay', '--all'], { selection: { all: true } }],
])('The arguments %j are accepted', (args, command) => {
  expect(parseArguments(args)).toMatchObject(command);
});

it.each([
  [['burn'], 'unknown command: burn'],
  [['show'], 'show takes one PARTITION:OFFSET'],
  [['show', 'x'], 'not PARTITION:OFFSET, as in 3:17: x'],
  [['list', '0:1'], 'list takes no PARTITION:OFFSET: 0:1'],
  [['list', '--all'], 'unknown option: --all'],
  [['replay'], 'replay takes one of'],
  [['replay', '0:1', '--all'], 'replay takes one of'],
  [['replay', '--reason'], '--reason needs a reason'],
])('The arguments %j are refused: %s', (args, message) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
  expect(() => parseArguments(args)).toThrow(message);
});
