import { deepEqual, equal, ok } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditItem,
  AuditState,
  type AuditStatus,
  GrayReleaseStatus,
  type Operation,
} from '@wxa/contracts';
import { playFleet } from './fleet.js';
import { playNewcomer } from './newcomer.js';
import { say } from './print.js';
import type { Describe, Stage } from './stage.js';
import { auditEvent, authorizeCustomer, receiveTicket, withdrawAuthorization } from './wechat.js';

const BUSY_RESPONSES = 2;

/** The life of a mini-program: authorization, releases, a gray release, reverts, withdrawal; then rollouts to a fleet and to a newcomer. */
export async function playStory(stage: Stage): Promise<void> {
  chapter('A third-party platform and its first customer');
  await receiveTicket(stage);
  await authorizeCustomer(stage);
  chapter('V1.0: from the first commit to the first release');
  await commitFirst(stage);
  const item = await auditItem(stage);
  await releaseFirst(stage, item);
  chapter('V1.1: a gray release, reverted, started again, then a full release');
  await releaseInStages(stage, item);
  chapter('Back to V1.0');
  await stage.change('RevertRelease', 'to the previous version', {});
  chapter('V1.2: a withdrawn audit');
  await commit(stage, 'V1.2');
  const auditId = await submit(stage, item, 'V1.2');
  await stage.change('UndoAudit', `${auditId}`, {});
  await auditEvent(stage, auditId, 'sends no callback for it; the service publishes the event');
  chapter('The customer leaves');
  await withdrawAuthorization(stage);
  await commit(stage, 'V1.3', undefined, 'NOT_AUTHORIZED');
  chapter('A fleet: rollouts in waves, stopped, retried, rolled back');
  await playFleet(stage);
  chapter('A new customer goes live by itself');
  await playNewcomer(stage);
}

const chapter = (title: string) => say(`\n${title}`, 'bold');

async function commitFirst(stage: Stage): Promise<void> {
  const { appid, sim } = stage;
  await sim.addFault({ api: 'wxa/commit', appid, kind: 'busy', times: BUSY_RESPONSES });
  await commit(stage, 'V1.0', ({ attempts }) => {
    equal(attempts, BUSY_RESPONSES + 1);
    return [`${BUSY_RESPONSES} busy responses (-1), ${attempts} attempts`];
  });
  const { image } = await stage.query('GetTrialQrCode', '', { path: 'index?from=demo' }, (code) => {
    equal(code.contentType, 'image/jpeg');
    return [`${code.image.length} bytes, ${code.contentType}`];
  });
  const path = join(tmpdir(), `trial-qr-${appid}.jpg`);
  // The file outlives the demo. An existing one is not ours and is not overwritten.
  await writeFile(path, image, { flag: 'wx' });
  console.log(`     saved as ${path}`);
}

/** An audit item with the first page and the first category that WeChat lists. */
async function auditItem(stage: Stage): Promise<AuditItem> {
  const { categories } = await stage.query('ListCategories', '', {}, (result) =>
    result.categories.map((one) =>
      [one.firstClass, one.secondClass, one.thirdClass].filter(Boolean).join('/'),
    ),
  );
  const { pages } = await stage.query('ListPages', '', {}, (result) => [result.pages.join(', ')]);
  ok(categories[0] && pages[0]);
  return { ...categories[0], address: pages[0], tag: '天气', title: '首页' };
}

async function releaseFirst(stage: Stage, item: AuditItem): Promise<void> {
  const rejected = await submit(stage, item, 'V1.0, its first page');
  await auditEvent(stage, rejected, 'rejects the audit with reasons, by callback', { decision: 'reject' });
  await stage.query('GetAuditStatus', `of audit ${rejected}`, { auditId: rejected }, ({ audit }) =>
    describeAudit(audit, rejected, AuditState.AUDIT_STATE_REJECTED),
  );
  const approved = await submit(stage, { ...item, tag: '天气 出行 生活' }, 'V1.0 again, with better tags');
  const twice = { decision: 'approve', push: { times: 2 } } as const;
  await auditEvent(stage, approved, 'approves the audit and sends the callback twice', twice);
  await stage.query('GetLatestAuditStatus', '', {}, ({ audit }) =>
    describeAudit(audit, approved, AuditState.AUDIT_STATE_APPROVED),
  );
  await stage.change('Release', 'V1.0', { expectedAuditId: approved });
}

function describeAudit(audit: AuditStatus | undefined, auditId: bigint, state: AuditState): string[] {
  deepEqual([audit?.auditId, audit?.state], [auditId, state]);
  return [`${auditId} ${state.replace('AUDIT_STATE_', '')}`];
}

/** WeChat allows a gray release only if a version is released already. */
async function releaseInStages(stage: Stage, item: AuditItem): Promise<void> {
  await commit(stage, 'V1.1');
  const auditId = await submit(stage, item, 'V1.1');
  await auditEvent(stage, auditId, 'approves the audit', { decision: 'approve' });
  await stage.change('GrayRelease', 'V1.1, to 10 % of the users', { percentage: 10 });
  await checkGrayRelease(stage, GrayReleaseStatus.GRAY_RELEASE_STATUS_RUNNING, 10);
  await stage.change('RevertGrayRelease', 'to V1.0 for all users', {});
  await checkGrayRelease(stage, GrayReleaseStatus.GRAY_RELEASE_STATUS_DELETED, 10);
  await stage.change('GrayRelease', 'V1.1 again, to 50 %', { percentage: 50 });
  await stage.change('Release', 'V1.1', { expectedUserVersion: 'V1.1' });
  await checkGrayRelease(stage, GrayReleaseStatus.GRAY_RELEASE_STATUS_COMPLETED, 50);
}

function commit(stage: Stage, userVersion: string, describe?: Describe<Operation>, reason?: string) {
  const value = { extEnable: true, window: { navigationBarTitleText: '天气早知道' } };
  const extConfig = { $case: 'ext' as const, value };
  const fields = { templateId: 0n, extConfig, userVersion, userDesc: `天气 ${userVersion}` };
  return stage.change('Commit', userVersion, fields, describe, reason);
}

async function submit(stage: Stage, item: AuditItem, what: string): Promise<bigint> {
  const auditId = ({ result }: Operation) => (result?.$case === 'submitAudit' ? result.value.auditId : 0n);
  const describe = (operation: Operation) => [`audit ${auditId(operation)}`];
  return auditId(await stage.change('SubmitAudit', what, { items: [item] }, describe));
}

async function checkGrayRelease(stage: Stage, status: GrayReleaseStatus, percentage: number): Promise<void> {
  await stage.query('GetGrayReleasePlan', '', {}, ({ plan }) => {
    deepEqual([plan?.status, plan?.percentage], [status, percentage]);
    return [`${status.replace('GRAY_RELEASE_STATUS_', '')}, ${percentage} %`];
  });
}
