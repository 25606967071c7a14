import { expect, it } from '@jest/globals';
import { splitAddress } from '../processes/ports.js';
import { httpOrigin, reachable } from './addresses.js';

it('splitAddress returns host and port, also of an IPv6 address', () => {
  expect(splitAddress('127.0.0.1:8080', 'HTTP_ADDR')).toEqual({ host: '127.0.0.1', port: 8080 });
  expect(splitAddress('[::1]:0', 'HTTP_ADDR')).toEqual({ host: '[::1]', port: 0 });
});

it.each(['8080', 'host', 'host:', 'host:70000', 'a b:1', ':80', 'host:80x'])(
  'splitAddress rejects the address "%s" and names its variable',
  (address) => {
    expect(() => splitAddress(address, 'HTTP_ADDR')).toThrow(
      `HTTP_ADDR must be host:port, but is "${address}"`,
    );
  },
);

it('httpUrl and reachable replace the wildcard address with 127.0.0.1', () => {
  expect(reachable('0.0.0.0:80')).toBe('127.0.0.1:80');
  expect(httpOrigin('[::]:80')).toBe('http://127.0.0.1:80');
  expect(httpOrigin('10.0.0.0:80')).toBe('http://10.0.0.0:80');
});
