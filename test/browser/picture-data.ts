import type { ListTemplatesResponse } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { RolloutSteps } from '../rollouts/rollout-steps.js';
import type { World } from '../world.js';

const BRANDS: [name: string, label: string][] = [
  ['云朵咖啡', '餐饮'],
  ['山野茶社', '餐饮'],
  ['巷口面馆', '餐饮'],
  ['青禾生鲜', '零售'],
  ['小满花店', '零售'],
  ['南山书店', '零售'],
  ['星河教育', '教育'],
  ['海盐民宿', '酒店'],
];
const PLACES = ['国贸店', '西湖店', '天府店', '滨江店', '五角场店', '解放碑店', '春熙路店', '东门店'];
const CUSTOMERS = BRANDS.length * PLACES.length;

const NAMED = `
update authorizers set nick_name = given.name, labels = array[given.label]
from unnest($1::text[], $2::text[], $3::text[]) given (appid, name, label) where authorizers.appid = given.appid`;

/** Moves what a rollout did into the past, and says who began it. */
const MOVES = [
  `update rollouts set created_at = created_at - $2::interval, started_at = started_at - $2::interval,
    ended_at = ended_at - $2::interval, on_behalf_of = $3 where id = $1`,
  `update rollout_changes set at = at - $2::interval,
    on_behalf_of = case when type in ('CREATED', 'STARTED') then $3 else '' end where rollout_id = $1`,
  `update rollout_waves set ended_at = ended_at - $2::interval, submit_opened_at = submit_opened_at - $2::interval,
    release_opened_at = release_opened_at - $2::interval where rollout_id = $1`,
  `update mini_programs m set live_at = live_at - $2::interval from rollout_targets t, rollouts r
    where r.id = $1 and t.rollout_id = r.id and t.appid = m.appid and m.live_version = r.spec ->> 'userVersion'`,
];

/** How many of the first wave are done, and the end of their pauses. */
const DONE = 5;
const PAUSES_OVER = `
update rollout_targets set due_at = now() where rollout_id = $1 and waits_for = 'GRAY_PAUSE' and position <= ${DONE}`;

/** The same for its targets, of which each is a while later than the one before. */
const MOVES_OF_TARGETS = [
  `update rollout_targets set updated_at = updated_at - $2::interval + position * $3::interval
    where rollout_id = $1 and state not in ('PENDING')`,
  `update audits a set submitted_at = submitted_at - $2::interval + t.position * $3::interval - interval '95 minutes',
    decided_at = decided_at - $2::interval + t.position * $3::interval - interval '10 minutes' * (t.position % 4 + 1)
    from rollout_targets t where t.rollout_id = $1 and a.operation_id = t.audit_operation_id`,
  `update operations o set created_at = created_at - $2::interval + t.position * $3::interval,
    started_at = started_at - $2::interval + t.position * $3::interval,
    ended_at = ended_at - $2::interval + t.position * $3::interval,
    updated_at = o.updated_at - $2::interval + t.position * $3::interval
    from rollout_targets t where t.rollout_id = $1 and o.rollout_id = t.rollout_id and o.appid = t.appid`,
];

const count = (value: number) => ({ size: { $case: 'count' as const, value } });
const rest = { size: { $case: 'rest' as const, value: true } };
const hours = (value: number) => ({ seconds: BigInt(value * 3_600), nanos: 0 });

/** What the pictures of the documents show. */
export interface Pictured {
  /** Half-way, with a gray release and a gate ahead. */
  rollout: string;
  miniProgram: string;
}

/** A platform of 64 customers in its third version: one rollout half-way, two that ended, rejections, doubts, open audits. */
export async function pictureData(world: World): Promise<Pictured> {
  const rollouts = new RolloutSteps(() => world);
  const appids = await customers(world);
  const quota = { rest: 620, limit: 1_000, speedupRest: 8, speedupLimit: 10 };
  await world.sim.patchPlatform({ auditQuota: quota });
  const [first, second] = await templates(world);
  const earlier = [
    { name: '国庆活动页', userVersion: '3.0.2', appids: appids.slice(0, 56), by: '李雷', ago: '34 days' },
    { name: '会员卡', userVersion: '3.1.0', appids: appids.slice(0, 44), by: '韩梅梅', ago: '5 days' },
  ];
  for (const { appids, by, ago, ...spec } of earlier) {
    if (spec.userVersion === '3.1.0') await reject(world, appids.slice(40, 42));
    const { id } = await rollouts.create(appids, { ...spec, templateId: first, waves: [count(8), rest] });
    await rollouts.until(id, 'COMPLETED', 120_000);
    await move(world, id, { ago, by, step: '4 minutes' });
  }
  await inDoubt(world, appids.slice(56, 58));
  await audited(world, appids.slice(58, 62));
  await pilot(world, rollouts, { appids: appids.slice(52, 56), templateId: first });
  const rollout = await halfWay(world, rollouts, { appids, templateId: second });
  // Reads after releases have brought the names of the simulator.
  await name(world, appids);
  return { rollout, miniProgram: appids[6] ?? '' };
}

/** The ids of two templates of the library. */
async function templates(world: World): Promise<[bigint, bigint]> {
  for (const draftId of [1n, 2n]) await world.run('AddTemplate', { draftId });
  const { templates } = (await world.call('ListTemplates', {})) as ListTemplatesResponse;
  const [first = 0n, second = 0n] = templates.map(({ templateId }) => templateId).toSorted();
  return [first, second];
}

async function customers(world: World): Promise<string[]> {
  await world.sim.authorizeMany({ count: CUSTOMERS, permissionSets: [17, 18] });
  const authorized = () =>
    world.sql<{ appid: string }>(`select appid from authorizers where state = 'AUTHORIZED' order by 1`);
  await eventually(async () => (await authorized()).length === CUSTOMERS, 60_000);
  const appids = (await authorized()).map(({ appid }) => appid);
  await name(world, appids);
  return appids;
}

/** Gives all a name and a label. */
async function name(world: World, appids: string[]): Promise<void> {
  const named = PLACES.flatMap((place) => BRANDS.map(([brand, label]) => [`${brand}·${place}`, label]));
  await world.sql(NAMED, [appids, named.map(([name]) => name), named.map(([, label]) => label)]);
}

const REASON =
  '1:服务类目“餐饮-点餐”与页面内容不符，请补充对应类目后重新提交。<br>2:“我的订单”页面无法打开。';

async function reject(world: World, appids: string[], open: string[] = []): Promise<void> {
  await world.sim.patchPlatform({
    auditRules: [
      ...appids.map((appid) => ({ appid, decision: 'reject' as const, reason: REASON })),
      ...open.map((appid) => ({ appid, decision: 'approve' as const, delayMs: 7_200_000 })),
    ],
  });
}

/** A rollout that has ended for some, is in gray release or audit for others, and waits at a gate for the rest. */
async function halfWay(
  world: World,
  rollouts: RolloutSteps,
  { appids, templateId }: { appids: string[]; templateId: bigint },
): Promise<string> {
  const targets = appids.slice(0, 52);
  await reject(world, targets.slice(9, 11), targets.slice(16, 22));
  const { id } = await rollouts.create(targets, {
    ...{ name: '双十一首页改版', templateId },
    userVersion: '3.2.0',
    userDesc: '首页改版与满减活动',
    release: {
      graySteps: [
        { percentage: 10, pause: hours(4) },
        { percentage: 50, pause: hours(12) },
      ],
    },
    waves: [
      count(8),
      { ...count(14), submitGate: { afterPercent: 80 } },
      { ...rest, submitGate: { afterPercent: 90, bakeTime: hours(24) }, releaseGate: { manual: true } },
    ],
  });
  const inGray = async () => (await countsOf(rollouts, id)).gray;
  await eventually(async () => (await inGray()) === 8, 60_000);
  // The pauses of most of the first wave are over.
  await eventually(async () => {
    await world.sql(PAUSES_OVER, [id]);
    await world.sql(`update rollouts set next_turn_at = now() where id = $1`, [id]);
    return (await countsOf(rollouts, id)).succeeded === DONE;
  }, 120_000);
  await move(world, id, { ago: '7 hours', by: '李雷', step: '15 minutes' });
  return id;
}

async function countsOf(rollouts: RolloutSteps, id: string): Promise<{ gray: number; succeeded: number }> {
  const { counts } = await rollouts.get(id);
  const of = (is: (one: (typeof counts)[number]) => boolean) =>
    counts.filter(is).reduce((sum, { count }) => sum + count, 0);
  return {
    gray: of(({ waitsFor }) => waitsFor === 'ROLLOUT_WAIT_GRAY_PAUSE'),
    succeeded: of(({ state }) => state === 'ROLLOUT_TARGET_STATE_SUCCEEDED'),
  };
}

/** A pilot of a few, which waits for somebody to open its second wave. */
async function pilot(
  world: World,
  rollouts: RolloutSteps,
  { appids, templateId }: { appids: string[]; templateId: bigint },
): Promise<void> {
  const waves = [count(2), { ...rest, submitGate: { manual: true } }];
  const { id } = await rollouts.create(appids, {
    name: '会员日小改',
    templateId,
    userVersion: '3.0.3',
    waves,
  });
  await eventually(async () => (await countsOf(rollouts, id)).succeeded === 2, 60_000);
  await move(world, id, { ago: '50 minutes', by: '韩梅梅', step: '2 minutes' });
}

async function move(
  world: World,
  id: string,
  { ago, by, step }: { ago: string; by: string; step: string },
): Promise<void> {
  for (const statement of MOVES)
    await world.sql(statement, statement.includes('$3') ? [id, ago, by] : [id, ago]);
  for (const statement of MOVES_OF_TARGETS) await world.sql(statement, [id, ago, step]);
}

/** Two uploads of which neither the answer nor a read said whether they were executed: the second was not. */
async function inDoubt(world: World, [first = '', second = '']: string[]): Promise<void> {
  const upload = (appid: string, userVersion: string) =>
    world.run('Commit', { appid, templateId: 1n, userVersion, userDesc: '首页改版' });
  const unclear = [await upload(first, '3.2.0'), await upload(second, '3.2.0')];
  await upload(second, '3.2.1');
  await world.sql(
    `update operations set state = 'IN_DOUBT', ended_at = null, ask_at = null, on_behalf_of = '韩梅梅' where id = any($1)`,
    [unclear.map(({ id }) => id)],
  );
}

/** Audits that people submitted: two open, one rejected, one approved. */
async function audited(world: World, [rejected = '', ...others]: string[]): Promise<void> {
  await reject(world, [rejected], others.slice(0, 2));
  for (const appid of [rejected, ...others]) {
    await world.run('Commit', { appid, templateId: 1n, userVersion: '3.1.0', userDesc: '会员卡' });
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  }
}
