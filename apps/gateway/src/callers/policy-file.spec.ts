import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readPolicy } from '@wxa/policy';
import { PolicyFile } from './policy-file.js';

const APPID = 'wx0123456789abcdef';
const START = 'version: 1\ncallers: []\n';
const HALF = `version: 1
callers:
  - name: shop
    credentials: [{ cn: shop }]
    allow: [{ methods: [CodeManagement/Release], appids: all }]
`;
const WHOLE = `${HALF}    deny: [{ methods: [CodeManagement/Release], appids: [${APPID}] }]\n`;

let folder: string;
let path: string;
/** What is written between the two readings of a change. */
let written: string | undefined;
let file: PolicyFile;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'));
  path = join(folder, 'policy.yaml');
  writeFileSync(path, START);
  written = undefined;
  file = await PolicyFile.open(path, {
    componentAppid: undefined,
    logger: { info: () => undefined, error: () => undefined },
    beforeConfirming: async () => {
      if (written !== undefined) writeFileSync(path, written);
    },
  });
});
afterEach(() => {
  file.stop();
  rmSync(folder, { recursive: true });
});

/** Whether the caller may release the frozen mini-program; undefined while there is no caller. */
function mayRelease(): boolean | undefined {
  const caller = file.current.caller('shop');
  return caller && file.current.decide(caller, 'CodeManagement/Release', APPID).allowed;
}

it('A policy that is written in place does not come into force without its end', async () => {
  writeFileSync(path, HALF);
  written = WHOLE;
  expect(await file.readAgain()).toEqual([]);
  expect(mayRelease()).toBeUndefined();
  await file.readAgain();
  expect(mayRelease()).toBe(false);
});

it('A change that is the same at both readings comes into force at once', async () => {
  writeFileSync(path, HALF);
  await file.readAgain();
  expect(mayRelease()).toBe(true);
  writeFileSync(path, WHOLE);
  await file.readAgain();
  expect(mayRelease()).toBe(false);
});

it('A policy is parsed again only if one of its files has changed', async () => {
  const appids = join(folder, 'shop.txt');
  writeFileSync(appids, '');
  writeFileSync(path, 'version: 1\nappids: { shop: { file: shop.txt } }\ncallers: []\n');
  const first = await readPolicy(path);
  expect(await readPolicy(path, undefined, first)).toBe(first);
  writeFileSync(appids, APPID);
  const changed = await readPolicy(path, undefined, first);
  expect([changed.errors, changed.policy?.sha256 === first.policy?.sha256]).toEqual([[], false]);
});
