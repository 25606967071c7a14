import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newApiKey } from '@wxa/policy';

/** What a caller may do in a test; everything by default. */
export interface TestCaller {
  credentials?: object[];
  allow?: object[];
  deny?: object[];
  limits?: object;
  mayActFor?: boolean;
  /** The last day of its API key. */
  expires?: string;
}

const LISTED = 'listed.txt';
const EVERYTHING = [{ methods: ['*'], appids: 'all' }];

/** Removed with the process: apps read their policy as long as they run. */
const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A policy file of a test, with an API key for each caller. */
export class TestPolicy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wxa-policy-'));
  readonly #keys = new Map<string, ReturnType<typeof newApiKey>>();
  readonly file = join(this.#folder, 'policy.yaml');

  constructor(callers: Record<string, TestCaller>) {
    folders.push(this.#folder);
    this.writeListed([]);
    this.write(callers);
  }

  /** Replaces the policy. The keys of its callers stay. */
  write(callers: Record<string, TestCaller>, calls: object = {}): void {
    const appids = { platform: { component: true }, listed: { file: LISTED } };
    const entries = Object.entries(callers).map(
      ([name, { credentials = [], allow = EVERYTHING, expires, ...more }]) => {
        const { id, sha256 } = this.#key(name);
        return { name, credentials: [{ apiKey: { id, sha256, expires } }, ...credentials], allow, ...more };
      },
    );
    this.writeText(JSON.stringify({ version: 1, appids, calls, callers: entries }, null, 1));
  }

  /** Replaces the appids of the set `listed`, which is a file. */
  writeListed(appids: string[]): void {
    writeFileSync(join(this.#folder, LISTED), appids.join('\n'));
  }

  /** Replaces the file by a text, as `kubectl` and other tools do: by rename. */
  writeText(text: string): void {
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
  }

  /** The headers of a call of this caller. */
  headers(caller: string): Record<string, string> {
    return { authorization: `Bearer ${this.#key(caller).key}` };
  }

  /** The settings of a call of this caller. */
  as(caller: string): { headers: Record<string, string> } {
    return { headers: this.headers(caller) };
  }

  #key(caller: string) {
    const key = this.#keys.get(caller) ?? newApiKey();
    this.#keys.set(caller, key);
    return key;
  }
}
