import { describe, expect, it } from '@jest/globals';
import { appidsIn, parseArguments } from './arguments.js';

const parse = (line: string) => parseArguments(line.split(' '));

describe('parseArguments', () => {
  it('A cancellation has a method, a state and a reason, and may have filters', () => {
    expect(parse('cancel --method Release --state QUEUED --template 7 --reason broken --dry-run')).toEqual({
      method: 'Release',
      state: 'QUEUED',
      template: '7',
      appidFile: undefined,
      reason: 'broken',
      dryRun: true,
    });
  });

  it.each([
    ['list', 'unknown command: list'],
    ['cancel --state QUEUED --reason x', '--method is missing'],
    ['cancel --method Relaese --state QUEUED --reason x', '--method must be the name of an RPC'],
    ['cancel --method Release --reason x', '--state is missing'],
    ['cancel --method Release --state RUNNING --reason x', '--state must be QUEUED or RETRYING'],
    ['cancel --method Release --state QUEUED', '--reason is missing'],
    ['cancel --method Release --state QUEUED --reason x --template seven', '--template must be the id'],
    ['cancel --method Release --state QUEUED --reason x --all', "Unknown option '--all'"],
    ['cancel 01 --method Release --state QUEUED --reason x', "'01'"],
  ])('The arguments %j are rejected with %j', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});

describe('appidsIn', () => {
  it('The first line that is not an appid is named', () => {
    expect([...appidsIn('wx00000000000000a1\r\n\nwx00000000000000a2\n')]).toHaveLength(2);
    expect(() => appidsIn('wx00000000000000a1\nwx1')).toThrow('line 2 is not an appid: wx1');
  });
});
