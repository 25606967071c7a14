import { beforeAll, expect, it } from '@jest/globals';
import { newAppids, RolloutSteps } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { newUser } from './new-user.js';
import { useVisitor, visitor } from './use-visitor.js';
import { inputOf, type Page, textOf, type Visitor } from './visitor.js';

useSharedWorld('componentConsole');
useVisitor({ templates: true });
let colleague: Visitor;
beforeAll(async () => {
  colleague = await newUser(world, '李四', 'operator');
});

const rollouts = new RolloutSteps(() => world);
const SCRIPT = '<script>alert(1)</script>';
const FORM = 'main form';
const idOf = ({ path }: Page) => /\/rollouts\/([0-9a-f-]{36})/.exec(path)?.[1] ?? '';
const wordsOf = (page: Page, selector: string) => page.html.querySelectorAll(selector).map(textOf);

/** Mini-programs that have authorized the platform, as far as plans and selections can see. */
const authorized = (appids: string[], labels: string[] = []) =>
  world.sql(
    `insert into authorizers (appid, state, permission_sets, labels, nick_name)
     select a, 'AUTHORIZED', '{18}', $2, $3 from unnest($1::text[]) a`,
    [appids, labels, `好吃面馆${SCRIPT}`],
  );

it('A first rollout names duplicates and malformed appids, previews real requests and starts once', async () => {
  const appids = newAppids(25);
  await authorized(appids.slice(1));
  const start = await visitor.get('/rollouts/new');
  const pasted = `${appids.slice(0, 12).join(', ')}\n${appids.slice(12).join('；')}\n${appids[3]} wxABC ${SCRIPT}`;
  const input = { name: '春季版', appids: pasted, userVersion: '3.2.0' };
  const named = await visitor.submit(start, FORM, input);
  expect(named.status).toBe(400);
  expect(wordsOf(named, '.banner li')).toEqual([
    '第 3 行： wxABC',
    `第 3 行： ${SCRIPT}`,
    `第 3 行： ${appids[3]}`,
  ]);
  expect(named.html.querySelector('textarea[name=appids]')?.textContent.trim()).toBe(pasted);

  const content = await visitor.submit(named, FORM, { leave_out: 'true' });
  expect(content.path).toMatch(/draft\/content$/);
  const id = idOf(content);
  expect((await rollouts.targets(id)).map(({ appid }) => appid)).toEqual(appids);
  expect(idOf(await visitor.submit(named, FORM, { leave_out: 'true' }))).toBe(id);

  const extJson = JSON.stringify({ ext: { hostile: SCRIPT } });
  const waves = await visitor.submit(content, FORM, { extJson });
  const preview = await visitor.submit(waves, FORM, { 'waves[0].count': '5' });
  expect(preview.path).toBe(`/rollouts/${id}/draft`);
  expect(preview.text).toContain('目标 25 · 第 1 批 5 · 第 2 批 20');
  expect(preview.text).toContain('未授权 NOT_AUTHORIZED');
  expect(wordsOf(preview, 'details pre')[0]).toContain(SCRIPT);
  expect(preview.html.querySelectorAll('main script')).toHaveLength(0);

  const started = await visitor.submit(preview, FORM, { reason: '春季版上线' });
  expect(started.path).toBe(`/rollouts/${id}`);
  await visitor.submit(preview, FORM);
  // Its targets have no tokens, so they are skipped.
  expect(await rollouts.until(id)).toMatchObject({ targets: 25, onBehalfOf: 'operator' });
  const starts = "select from rollout_changes where rollout_id = $1 and type = 'STARTED'";
  expect(await world.sql(starts, [id])).toHaveLength(1);
}, 60_000);

it('A draft of a label with pasted overrides is finished and started by a second operator', async () => {
  const [first = '', second = '', other = ''] = newAppids(3);
  await authorized([first, second], ['面馆']);
  await authorized([other]);
  const overrides = `${first},"{""ext"":{""a"":""x, y""}}",2\n${second},{"ext":{"b":[1,2]}}`;
  const draft = await visitor.submit(await visitor.get('/rollouts/new'), FORM, {
    ...{ name: '餐饮版', source: 'labels', labels: '面馆', userVersion: '4.0.0', overrides },
  });
  const id = idOf(draft);
  const targets = (await rollouts.targets(id)).map(({ appid }) => appid);
  expect(targets.toSorted()).toEqual([first, second].toSorted());

  const target = await colleague.get(`/rollouts/${id}/targets/${first}`);
  expect(target.text).toContain('x, y');
  expect(target.text).toContain(`好吃面馆${SCRIPT}`);
  const content = await colleague.get(`/rollouts/${id}/draft/content`);
  expect((await colleague.submit(content, FORM, { userDesc: '终版' })).path).toMatch(/waves$/);
  await colleague.submit(await colleague.get(`/rollouts/${id}/draft`), FORM);
  const journal = await world.sql<{ name: string }>(
    'select distinct on_behalf_of as name from rollout_changes where rollout_id = $1',
    [id],
  );
  expect(journal.map(({ name }) => name)).toEqual(expect.arrayContaining(['operator', '李四']));
}, 60_000);

it('A form neither overwrites nor starts what a colleague changed meanwhile, and keeps its input', async () => {
  const { id } = await rollouts.create(newAppids(1), {}, false);
  const preview = await visitor.get(`/rollouts/${id}/draft`);
  const mine = await visitor.get(`/rollouts/${id}/draft/content`);
  const theirs = await colleague.get(`/rollouts/${id}/draft/content`);
  await colleague.submit(theirs, FORM, { userDesc: 'theirs', userVersion: '9.9' });
  const started = await visitor.submit(preview, FORM);
  expect(started).toMatchObject({ status: 409, text: expect.stringMatching(/李四 .*没有开始.*版本 9\.9/) });
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_DRAFT');
  const refused = await visitor.submit(mine, FORM, { userDesc: 'mine' });
  const told = '您打开这一页之后，李四 修改了草稿';
  expect(refused).toMatchObject({ status: 409, text: expect.stringContaining(told) });
  expect(wordsOf(refused, '.invalid small').toSorted()).toEqual([
    '对方保存的是：9.9',
    '对方保存的是：theirs',
  ]);
  expect(refused.html.querySelector('textarea[name=userDesc]')?.textContent.trim()).toBe('mine');
  await visitor.submit(refused, FORM);
  expect((await rollouts.get(id)).spec?.userDesc).toBe('mine');
});

it('What a colleague has changed in every kind of input is named beside it, and a row that only the colleague has is shown', async () => {
  const { id } = await rollouts.create(newAppids(2), {}, false);
  const path = `/rollouts/${id}/draft/waves`;
  const mine = await visitor.get(path);
  const theirs = { 'waves[0].count': '1', 'waves[1].rest': 'true', 'stopRules[0].cause': 'CAUSE_ANY' };
  const wave = await colleague.submit(await colleague.get(path), FORM, { 'waves[0].count': '1', go: 'stay' });
  expect(wave.text).toContain('不早于（Asia/Shanghai）');
  const saved = await colleague.submit(wave, FORM, { ...theirs, 'stopRules[0].percent': '30', go: 'stay' });
  const refused = await visitor.submit(mine, FORM, { 'waves[0].count': '2' });
  expect([saved.status, refused.status]).toEqual([200, 409]);
  const noted = refused.html.querySelectorAll('.invalid');
  expect(noted.map((label) => [label.querySelector('[name]')?.getAttribute('name'), textOf(label)])).toEqual([
    ['waves[0].count', '个数对方保存的是：1'],
    ['waves[1].rest', '其余全部（仅最后一批） 对方保存的是：✓'],
    ['stopRules[0].cause', expect.stringContaining('对方保存的是：任何失败')],
    ['stopRules[0].percent', '失败百分比对方保存的是：30'],
  ]);
});

it('What cannot be read and what the gateway refuses is shown at its field, with the input kept', async () => {
  const { id } = await rollouts.create(newAppids(2), {}, false);
  const waves = await visitor.get(`/rollouts/${id}/draft/waves`);
  const unreadable = await visitor.submit(waves, FORM, { maxInFlight: 'many', 'waves[0].count': '1' });
  expect(unreadable.status).toBe(400);
  const input = unreadable.html.querySelector('.invalid input[name=maxInFlight]');
  expect(input?.getAttribute('value')).toBe('many');
  expect(wordsOf(unreadable, '.invalid small')).toEqual(['应为 0 到 2147483647 的整数']);
  const refused = await visitor.submit(unreadable, FORM, { maxInFlight: '3000', 'waves[1].speedUp': 'true' });
  expect(refused.status).toBe(400);
  expect(wordsOf(refused, 'small')).toEqual(['批次大小必填', '应为 0 到 2000，现在是 3000']);
  expect(inputOf(refused, 'input[name="waves[0].count"]')).toBe('1');
  const restFirst = { 'waves[0].count': '', 'waves[0].rest': 'true', 'waves[1].count': '1', maxInFlight: '' };
  expect(wordsOf(await visitor.submit(waves, FORM, restFirst), 'small')).toEqual(['只有最后一批可以使用']);
  const twoSizes = { 'waves[0].count': '1', 'waves[0].percent': '1' };
  expect(wordsOf(await visitor.submit(waves, FORM, twoSizes), 'small')).toEqual(['大小只能填一项']);
});

it('A draft is discarded after its name was typed', async () => {
  const { id, spec } = await rollouts.create(newAppids(2), {}, false);
  const page = await visitor.follow(await visitor.get(`/rollouts/${id}/draft`), '丢弃草稿…');
  expect(page.text).toContain('2 个目标');
  const refused = await visitor.submit(page, FORM, { typed_name: 'other' });
  expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('输入的名称不一致') });
  expect(inputOf(refused, '[name=typed_name]')).toBe('other');
  await visitor.submit(page, FORM, { typed_name: spec?.name ?? '' });
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_CANCELLED');
});
