import { expect, it } from '@jest/globals';
import { Ledger } from './ledger.js';

const APPID = 'wx0123456789abcdef';
const CALL = { appid: APPID, api: 'wxa/commit', verb: 'POST', query: '', contentType: null };

function calls(ledger: Ledger, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const entry = ledger.beginCall(CALL);
    ledger.beginChange(entry);
    ledger.setBody(entry, '{}');
    ledger.setEffect(entry, `commit v${index}`);
    ledger.endCall(entry, 0);
  }
}

it('Ledger drops the oldest entries beyond its capacity and still counts them', () => {
  const ledger = new Ledger(3);
  calls(ledger, 8);
  expect(ledger.read({ after: 0, limit: 10 }).map((entry) => entry.seq)).toEqual([6, 7, 8]);
  expect(ledger.read({ after: 6, limit: 1 }).map((entry) => entry.seq)).toEqual([7]);
  const summary = { dropped: 5, effects: { commit: 8 }, maxConcurrentChanges: 1 };
  expect(ledger.summary.read()).toMatchObject(summary);
  expect(ledger.summary.callCounts()).toEqual({ [APPID]: { 'wxa/commit': 8 } });
});

it('Ledger does not count a call that began before it was cleared', () => {
  const ledger = new Ledger(3);
  const entry = ledger.beginCall(CALL);
  ledger.beginChange(entry);
  ledger.clear();
  ledger.setEffect(entry, 'commit v1');
  ledger.endCall(entry, 0);
  calls(ledger, 1);
  expect(ledger.read({ after: 0, limit: 10 }).map((one) => one.seq)).toEqual([2]);
  expect(ledger.summary.read()).toMatchObject({ effects: { commit: 1 }, maxConcurrentChanges: 1 });
});

it('Ledger ends a call only once', () => {
  const ledger = new Ledger(3);
  const entry = ledger.beginCall(CALL);
  ledger.beginChange(entry);
  ledger.endCall(entry, null);
  ledger.endCall(entry, 0);
  expect(ledger.summary.read().apis).toEqual({ 'wxa/commit': { calls: 1, errcodes: { none: 1 } } });
});
