import {
  type AuditItem,
  AuditResult,
  AuditState,
  type Category,
  GrayReleaseStatus,
  type Operation,
  VisitStatus,
} from '@wxa/contracts';
import type { Account } from './account.js';
import { present, same } from './check.js';
import { withoutPrefix } from './describe-message.js';
import type { KafkaViewer } from './kafka-viewer.js';
import { savePicture } from './picture.js';
import type { Platform } from './platform.js';
import type { Steps } from './steps.js';
import type { Wechat } from './wechat.js';

/** Who and what the story is played with. */
export type Cast = {
  program: Account;
  platform: Platform;
  wechat: Wechat;
  viewer: KafkaViewer;
  steps: Steps;
};

/** What the whole story comes to; the effects are the simulator's words for what it did, in order. */
export type Told = {
  audits: bigint[];
  effects: string[];
  busyAnswers: number;
  operations: number;
  pushes: number;
};

const BUSY_ANSWERS = 2;
const LIBRARY = '1.1.0';

/** Authorized, withdrawn. */
const AUTHORIZATION_PUSHES = 2;

/** A mini-program's life: authorized, released, settings, a release in stages, a way back, a change of mind, gone. */
export async function tellStory(cast: Cast): Promise<Told> {
  await becomesCustomer(cast);
  const first = await firstRelease(cast);
  await inService(cast);
  const second = await releaseInStages(cast, first.item);
  await goBack(cast);
  const third = await undoneAudit(cast, first.item);
  await leaves(cast);
  const audits = [...first.audits, second, third];
  return {
    audits,
    effects: expectedEffects(audits),
    busyAnswers: BUSY_ANSWERS,
    operations: cast.program.asked + cast.platform.asked,
    // The one that comes twice makes up for the audit withdrawn, which has none.
    pushes: audits.length + AUTHORIZATION_PUSHES,
  };
}

async function becomesCustomer({ platform, steps }: Cast): Promise<void> {
  steps.chapter('A third-party platform and its first customer');
  await platform.ticket();
  await platform.authorization();
}

async function firstRelease(cast: Cast): Promise<{ item: AuditItem; audits: bigint[] }> {
  const { program, wechat, steps } = cast;
  steps.chapter('V1.0: from the first commit to the first release');
  await wechat.isBusy('wxa/commit', BUSY_ANSWERS);
  await program.change(
    'Commit',
    'V1.0; WeChat says "busy" twice',
    commit('V1.0', '天气早知道'),
    (operation) => {
      same(operation.attempts, BUSY_ANSWERS + 1, 'Attempts of the commit');
      return [`after ${BUSY_ANSWERS} busy answers (-1), sent ${operation.attempts} times`];
    },
  );
  await trialQrCode(cast);
  const item = await auditItem(cast);
  const rejected = await submit(cast, item, 'V1.0, its first page');
  await wechat.rejects(rejected, 'rejects the audit, with reasons, by push');
  await program.query('GetAuditStatus', `of audit ${rejected}`, { auditId: rejected }, ({ audit }) => {
    same(audit?.state, AuditState.AUDIT_STATE_REJECTED, 'The state of the audit');
    return ['REJECTED'];
  });
  const approved = await submit(cast, { ...item, tag: '天气 出行 生活' }, 'V1.0 again, with better tags');
  await wechat.approves(approved, 'approves the audit; its push comes twice', 2);
  await program.query('GetLatestAuditStatus', '', {}, ({ audit }) => {
    same(audit?.auditId, approved, 'The latest audit');
    same(audit?.state, AuditState.AUDIT_STATE_APPROVED, 'The state of the audit');
    return [`${approved} APPROVED`];
  });
  await program.change('Release', 'V1.0, to everybody', { expectedAuditId: approved });
  return { item, audits: [rejected, approved] };
}

async function trialQrCode({ program, steps }: Cast): Promise<void> {
  const { image, contentType } = await program.query(
    'GetTrialQrCode',
    'of the trial version',
    { path: 'index?from=demo' },
    (code) => {
      same(code.contentType, 'image/jpeg', 'The type of the picture');
      return [`${code.image.length} bytes, ${code.contentType}`];
    },
  );
  steps.saved(await savePicture(program.appid, image, contentType));
}

/** The first page under the first category: what WeChat itself says the mini-program has. */
async function auditItem({ program }: Cast): Promise<AuditItem> {
  const { categories } = await program.query('ListCategories', 'that audits may name', {}, (answer) => [
    `${answer.categories.length} categories`,
    answer.categories.map(categoryName).join('，'),
  ]);
  const { pages } = await program.query('ListPages', 'of the trial version', {}, (answer) => [
    answer.pages.join(', '),
  ]);
  const category = present(categories[0], 'A category');
  return { ...category, address: present(pages[0], 'A page'), tag: '天气', title: '首页' };
}

async function inService({ program, steps }: Cast): Promise<void> {
  steps.chapter('In service: visibility and base library');
  await program.change('ChangeVisitStatus', 'closed to users', { status: VisitStatus.VISIT_STATUS_CLOSED });
  await program.change('ChangeVisitStatus', 'open again', { status: VisitStatus.VISIT_STATUS_OPEN });
  const before = await program.query(
    'GetSupportVersion',
    'of the base library',
    {},
    ({ nowVersion, shares }) => [
      `${nowVersion}; users have ${shares.map(({ version, percentage }) => `${version} (${percentage} %)`).join(', ')}`,
    ],
  );
  await program.change('SetSupportVersion', `from ${before.nowVersion} to ${LIBRARY}`, { version: LIBRARY });
  await program.query('GetSupportVersion', 'once more', {}, ({ nowVersion }) => {
    same(nowVersion, LIBRARY, 'The lowest base library');
    return [nowVersion];
  });
}

/** WeChat allows a gray release only where a version is live already: so it comes with the second one. */
async function releaseInStages(cast: Cast, item: AuditItem): Promise<bigint> {
  const { program, wechat, steps } = cast;
  steps.chapter('V1.1: a gray release, taken back, begun again, then for everybody');
  await program.change('Commit', 'V1.1', commit('V1.1', '天气早知道 ☀'));
  const auditId = await submit(cast, item, 'V1.1');
  await wechat.approves(auditId, 'approves the audit');
  await program.change('GrayRelease', 'V1.1, to 10 % of the users', { percentage: 10 });
  await grayPlan(cast, GrayReleaseStatus.GRAY_RELEASE_STATUS_RUNNING, 10);
  await program.change('RevertGrayRelease', 'back to V1.0 for all', {});
  await grayPlan(cast, GrayReleaseStatus.GRAY_RELEASE_STATUS_DELETED, 10);
  await program.change('GrayRelease', 'V1.1 again, to 50 %', { percentage: 50 });
  await program.change('Release', 'V1.1, to everybody', { expectedUserVersion: 'V1.1' });
  await grayPlan(cast, GrayReleaseStatus.GRAY_RELEASE_STATUS_COMPLETED, 50);
  return auditId;
}

async function goBack({ program, steps }: Cast): Promise<void> {
  steps.chapter('Back to V1.0');
  await program.change('RevertRelease', 'to the version before', {});
}

async function undoneAudit(cast: Cast, item: AuditItem): Promise<bigint> {
  const { program, viewer, steps } = cast;
  steps.chapter('V1.2: an audit withdrawn');
  await program.change('Commit', 'V1.2', commit('V1.2', '天气早知道'));
  const auditId = await submit(cast, item, 'V1.2');
  await program.change('UndoAudit', `${auditId}`, {});
  await program.wechat('pushes nothing for a withdrawn audit; the service tells', async () => {
    const audit = await viewer.auditCompleted(auditId);
    same(audit.result, AuditResult.AUDIT_RESULT_WITHDRAWN, 'The result of the audit');
    return { value: audit, lines: [`AuditCompleted: ${auditId} WITHDRAWN`] };
  });
  return auditId;
}

async function leaves({ program, platform, steps }: Cast): Promise<void> {
  steps.chapter('The customer leaves');
  await platform.withdrawal();
  await program.failing('Commit', 'V1.3', commit('V1.3', '天气早知道'), 'NOT_AUTHORIZED');
}

function commit(userVersion: string, title: string) {
  const ext = { extEnable: true, window: { navigationBarTitleText: title } };
  return {
    templateId: 0n,
    extConfig: { $case: 'ext' as const, value: ext },
    userVersion,
    userDesc: `${title} ${userVersion}`,
  };
}

async function submit({ program }: Cast, item: AuditItem, what: string): Promise<bigint> {
  const operation = await program.change('SubmitAudit', what, { items: [item] }, (done) => [
    `audit ${auditIdOf(done)}`,
  ]);
  return auditIdOf(operation);
}

function auditIdOf({ result }: Operation): bigint {
  const auditId = result?.$case === 'submitAudit' ? result.value.auditId : undefined;
  return present(auditId, 'The id of the audit');
}

async function grayPlan({ program }: Cast, status: GrayReleaseStatus, percentage: number): Promise<void> {
  await program.query('GetGrayReleasePlan', '', {}, ({ plan }) => {
    same(plan?.status, status, 'The state of the gray release');
    same(plan?.percentage, percentage, 'The share of the gray release');
    return [`${withoutPrefix(status, 'GRAY_RELEASE_STATUS_')}, ${percentage} %`];
  });
}

function categoryName({ firstClass, secondClass, thirdClass }: Category): string {
  return [firstClass, secondClass, thirdClass].filter(Boolean).join('/');
}

function expectedEffects([rejected, approved, second, third]: bigint[]): string[] {
  return [
    'commit V1.0',
    `submit_audit ${rejected}`,
    `submit_audit ${approved}`,
    'release V1.0',
    'visit close',
    'visit open',
    `support_version ${LIBRARY}`,
    'commit V1.1',
    `submit_audit ${second}`,
    'gray V1.1 10%',
    'revert_gray',
    'gray V1.1 50%',
    'release V1.1',
    'revert V1.0',
    'commit V1.2',
    `submit_audit ${third}`,
    `undo ${third}`,
  ];
}
