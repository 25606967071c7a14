import { expect, test } from '@jest/globals';
import { type CpuProfile, sharesOf } from './cpu-profile.js';

const frame = (functionName: string, url = '') => ({ functionName, url });

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 4, 7] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('(garbage collector)') },
    { id: 4, callFrame: frame('query', 'file:///x/node_modules/pg-pool/index.js'), children: [5] },
    { id: 5, callFrame: frame('writev', ''), children: [] },
    { id: 7, callFrame: frame('run', 'file:///x/apps/release-worker/dist/running/runner.js'), children: [8] },
    { id: 8, callFrame: frame('exports', 'file:///x/node_modules/@grpc/grpc-js/build/x.js') },
  ],
  startTime: 1_000,
  samples: [4, 5, 2, 7, 8, 3, 4],
  timeDeltas: [10, 30, 500, 20, 20, 20, 900],
};

test('a profile tells whose doing the time was, what Node did for it included, without what was idle', () => {
  expect(sharesOf(profile, { from: 0, to: 1_700 })).toEqual([
    { what: 'pg', percent: 40 },
    { what: 'release-worker/running/runner.js', percent: 20 },
    { what: '@grpc/grpc-js', percent: 20 },
    { what: '(garbage collector)', percent: 20 },
  ]);
});

test('only what lies between the instants counts', () => {
  expect(sharesOf(profile, { from: 1_550, to: 1_590 })).toEqual([
    { what: 'release-worker/running/runner.js', percent: 50 },
    { what: '@grpc/grpc-js', percent: 50 },
  ]);
});
