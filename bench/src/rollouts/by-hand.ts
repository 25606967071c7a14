import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import {
  CodeManagementClient,
  CommitRequest,
  GetVersionInfoRequest,
  ReleaseRequest,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { callUnary } from '@wxa/stack';
import { runConcurrently } from '../load/caller.js';
import type { Sql } from '../load/sql.js';
import { AUDIT_ITEM } from './rollout-calls.js';

const CONCURRENT = 200;
const POLL_MS = 20;
const DEADLINE_MS = 60_000;

/** The operations of a rollout's pipeline, requested by a caller: each step of all mini-programs, then the next one. */
export class ByHand {
  readonly #client: CodeManagementClient;

  constructor(
    address: string,
    private readonly sql: Sql,
  ) {
    this.#client = new CodeManagementClient(address, credentials.createInsecure());
  }

  /** Returns how many operations it requested. */
  async run(appids: string[], userVersion: string): Promise<number> {
    await this.#each(appids, 'commit', (appid) =>
      CommitRequest.fromPartial({
        appid,
        templateId: 1n,
        userVersion,
        extConfig: { $case: 'extJson', value: `{"extAppid":"${appid}"}` },
      }),
    );
    const submit = { waitForPrivacyCheck: true, expectedUserVersion: userVersion, failWithoutQuota: true };
    await this.#each(appids, 'submitAudit', (appid) =>
      SubmitAuditRequest.fromPartial({ appid, items: [AUDIT_ITEM], ...submit }),
    );
    const audits = await this.#approved(appids);
    await this.#each(appids, 'release', (appid) =>
      ReleaseRequest.fromPartial({
        appid,
        expectedAuditId: audits.get(appid) ?? 0n,
        expectedUserVersion: userVersion,
      }),
    );
    await this.#each(appids, 'getVersionInfo', (appid) => GetVersionInfoRequest.fromPartial({ appid }));
    return 4 * appids.length;
  }

  async stop(): Promise<void> {
    this.#client.close();
  }

  async #each(appids: string[], rpc: string, requestOf: (appid: string) => object): Promise<void> {
    await runConcurrently(appids, { laneOf: (appid) => appid, count: CONCURRENT }, (appid) =>
      callUnary(this.#client, rpc, requestOf(appid), { deadlineMs: DEADLINE_MS }),
    );
    while ((await this.sql('select from operations where ended_at is null limit 1')).length > 0)
      await delay(POLL_MS);
  }

  async #approved(appids: string[]): Promise<Map<string, bigint>> {
    for (;;) {
      const rows = await this.sql<{ appid: string; audit: string }>(
        `select appid, audit_id as audit from audits where state = 'APPROVED' and appid = any($1)`,
        [appids],
      );
      if (rows.length === appids.length)
        return new Map(rows.map(({ appid, audit }) => [appid, BigInt(audit)]));
      await delay(POLL_MS);
    }
  }
}
