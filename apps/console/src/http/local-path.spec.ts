import { expect, it } from '@jest/globals';
import { localPath } from './local-path.js';

it('A path of the console keeps its query', () => {
  const paths = ['/', '/rollouts?state=RUNNING&page=a%2Fb', '/login?to=%2F', '/operations#newest'];
  expect(paths.map(localPath)).toEqual(paths);
});

it('What a browser would take for another site becomes the first page', () => {
  const others = [
    ...[undefined, '', 'https://evil.example', 'javascript:alert(1)', 'evil.example'],
    ...['//evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example'],
    ...['/x/..//evil.example', '/.//evil.example', '/%2e//evil.example', '//[', ' //evil.example'],
  ];
  expect(others.map(localPath)).toEqual(others.map(() => '/'));
});
