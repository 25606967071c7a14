import { expect, it } from '@jest/globals';
import { render } from 'preact-render-to-string';
import type { GatewayCalls } from '../../gateway/gateway.js';
import { translator } from '../../text/text.js';
import type { Visit } from '../../visit/visit.js';
import { OperationsPage } from './operations.js';

it.each([
  ['', '', /There are no operations yet/],
  ['?state=FAILED', '', /No operation matches/],
  ['?state=FAILED', 'p2', /Nothing matches on this page/],
])(
  'An empty list of operations for “%s” says why it is empty, if its next page is “%s”',
  async (search, nextPageToken, why) => {
    const operations = { listOperations: async () => ({ operations: [], nextPageToken }) };
    const gateway = { operations } as unknown as GatewayCalls;
    const url = new URL(`http://console/operations${search}`);
    const visit = { gateway, url, language: 'en', t: translator('en'), timeZone: 'UTC' } as Visit;
    expect(render((await new OperationsPage().show(visit)).body as never)).toMatch(why);
  },
);
