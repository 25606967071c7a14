import { expect, it } from '@jest/globals';
import { LISTS } from './fair-lists.js';

it('Callers share the connections for every list that is read from Postgres, and no query to WeChat waits for one', () => {
  expect([...LISTS].map((path) => path.replace('/wxa.code.v1.', '')).sort()).toEqual([
    'Audits/ListAudits',
    'Authorizers/ListAuthorizers',
    'Fleet/ListMiniPrograms',
    'Operations/ListLanes',
    'Operations/ListOperations',
    'Platform/ListCallbackNames',
    'Platform/ListListedCalls',
    'Platform/ListTokenReaders',
    'Platform/ListTrail',
    'Rollouts/ListRolloutChanges',
    'Rollouts/ListRolloutFailures',
    'Rollouts/ListRolloutHistory',
    'Rollouts/ListRolloutTargets',
    'Rollouts/ListRollouts',
    'Settings/ListSettingsLayers',
    'Settings/ListSettingsVersions',
  ]);
});
