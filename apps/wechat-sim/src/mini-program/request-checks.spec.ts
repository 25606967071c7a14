import { describe, expect, it } from '@jest/globals';
import { newMiniProgram } from '../model/mini-program.js';
import { newPlatform } from '../model/platform.js';
import { checkSubmission } from './audit-items.js';
import { decideAudit, submitAudit } from './audits.js';
import { commit } from './commit.js';
import { checkExtJson, TEMPLATE_PAGES } from './ext-json.js';

const NOW = 1_700_000_000_000;
const given = { undoQuota: { perDay: 1, perMonth: 10 }, platform: newPlatform(), openAudits: () => 0 };
const CLASSES = {
  ...{ first_class: '教育', second_class: '学历教育', third_class: '高等' },
  ...{ first_id: 3, second_id: 4, third_id: 5 },
};
const newApp = () => newMiniProgram('wx0123456789abcdef');
const callOf = (body: object) => ({ body: { ...body }, query: new URLSearchParams(), now: NOW, ...given });
const commitOf = (body: object = {}) =>
  callOf({ template_id: '0', ext_json: '{}', user_version: 'V1.0', ...body });

function committed() {
  const app = newApp();
  commit(app, commitOf());
  return app;
}

describe('ext_json', () => {
  it.each([
    [undefined, 85013],
    [{}, 85013],
    ['[]', 85013],
    ['"x"', 85013],
    ['{"pages":["/index"]}', 85013],
    ['{"ext":1}', 85013],
    [`{"ext":{"a":"${'x'.repeat(2 * 1024 * 1024)}"}}`, 85044],
    ['{"extPages":{"nowhere":{}}}', 85045],
    ['{"tabBar":{"list":[{"pagePath":"nowhere"}]}}', 85045],
    ['{"tabBar":{"list":[{"text":"home"}]}}', 85046],
    ['{"pages":[]}', 85047],
    ['', 85048],
    ['{pages:["index":"search/index"]}', 85048],
  ])('Case %#: commit rejects ext_json %.40j with %i', (text, errcode) => {
    expect(checkExtJson(text)).toEqual({ errcode });
  });

  it('commit accepts the example of the source document, whose pages replace those of the template', () => {
    const example =
      '{"extAppid":"","ext":{"attr1":"value1"},"extPages":{"index":{},"search/index":{}},"pages":["index","search/index"],"window":{},"networkTimeout":{},"tabBar":{}}';
    expect(checkExtJson(example)).toEqual({ pages: ['index', 'search/index'] });
    expect(checkExtJson('{}')).toEqual({ pages: [...TEMPLATE_PAGES] });
  });
});

describe('commit', () => {
  const errcodeOf = (body: object) => commit(newApp(), commitOf(body)).errcode;

  it('A strict platform has no templates but those of its library', () => {
    const request = commitOf({ template_id: 1 });
    expect(commit(newApp(), { ...request, platform: newPlatform([], true) }).errcode).toBe(85014);
    expect(commit(newApp(), request).errcode).toBe(0);
  });

  it('commit checks template and version', () => {
    const ids = [1001, 'x', -1, null];
    expect(ids.map((template_id) => errcodeOf({ template_id }))).toEqual([85014, 85043, 85043, 85043]);
    const versions = [undefined, '', '版'.repeat(65), '😀'.repeat(64)];
    expect(versions.map((user_version) => errcodeOf({ user_version }))).toEqual([85013, 85013, 85013, 0]);
  });
});

describe('submit_audit', () => {
  const errcodeOf = (item: Record<string, unknown>) =>
    checkSubmission(committed(), { item_list: [{ ...CLASSES, ...item }] });

  it.each([
    [{}, 0],
    [{ tag: '学习 生活', address: 'page/logs/logs', title: '日志' }, 0],
    [{ tag: '😀'.repeat(20), title: '题'.repeat(32) }, 0],
    [{ tag: 'x'.repeat(21) }, 85006],
    [{ tag: Array(11).fill('x').join(' ') }, 85006],
    [{ tag: 5 }, 85006],
    [{ address: 'nowhere' }, 85007],
    [{ third_class: '' }, 85008],
    [{ first_id: 99 }, 85008],
    [{ second_class: '' }, 85010],
    [{ first_id: undefined }, 85010],
    [{ title: '题'.repeat(33) }, 85011],
  ])('Case %#: submit_audit returns, for an item with %j, %i', (item, errcode) => {
    expect(errcodeOf(item)).toBe(errcode);
  });

  it.each([
    [{ item_list: [] }, 85023],
    [{ item_list: Array(6).fill(CLASSES) }, 85023],
    [{ item_list: undefined }, 85023],
    [{ feedback_info: 'x'.repeat(201) }, 85051],
    [{ preview_info: { pic_id_list: 'x' } }, 85092],
    [{ preview_info: { pic_id_list: Array(11).fill('x') } }, 85093],
    [{ preview_info: { video_id_list: ['v'], pic_id_list: ['x'] } }, 0],
  ])('Case %#: submit_audit returns, with %.60j, %i', (more, errcode) => {
    expect(checkSubmission(committed(), { item_list: [CLASSES], ...more })).toBe(errcode);
  });

  it('The first submit_audit in some categories requires ugc_declare', () => {
    const app = committed();
    app.categories = [{ ...CLASSES, ugc: true }];
    const submit = (more: object) => submitAudit(app, callOf({ item_list: [CLASSES], ...more })).errcode;
    expect([submit({}), submit({ ugc_declare: { scene: [0] } })]).toEqual([85094, 0]);
    decideAudit(app, { decision: 'reject' }, NOW);
    expect(submit({})).toBe(0);
  });

  it('submit_audit rejects a delisted category', () => {
    const app = committed();
    app.categories = [{ ...CLASSES, delisted: true }];
    expect(checkSubmission(app, { item_list: [CLASSES] })).toBe(85077);
  });
});
