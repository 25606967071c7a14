import { expect, it } from '@jest/globals';
import { importsIn } from './import.js';

const APPID = 'wx0123456789abcdef';

it('Each line is a mini-program with its refresh token, in either spelling of the contract', () => {
  const text = `{"appid":"${APPID}","refresh_token":"a"}\r\n\n{"appid":"${APPID}","refreshToken":"b"}\n`;
  expect(importsIn(text)).toEqual([
    { appid: APPID, refreshToken: 'a' },
    { appid: APPID, refreshToken: 'b' },
  ]);
});

it.each([
  ['{"refresh_token":"secret",', '--file: line 2 is not a JSON object'],
  ['"secret"', '--file: line 2 has no valid appid'],
  ['{"appid":"wx1","refresh_token":"secret"}', '--file: line 2 has no valid appid'],
  [`{"appid":"${APPID}","token":"secret"}`, '--file: line 2 has no refresh_token'],
])('The line %j is named without its content', (line, message) => {
  const reject = () => importsIn(`{"appid":"${APPID}","refresh_token":"a"}\n${line}`);
  expect(reject).toThrow(message);
  expect(reject).not.toThrow('secret');
});
