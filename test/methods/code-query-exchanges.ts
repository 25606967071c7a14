import { randomBytes } from 'node:crypto';
import type { Method } from '@wxa/contracts';
import { type Exchange, LARGE } from './exchange.js';

const SMALL = randomBytes(2_000);
/** The size of WeChat's pictures. */
const PICTURE = randomBytes(100_000);

const picture = (image: Buffer) => ({ image: image.toString('base64'), contentType: 'image/jpeg' });

/** The queries of a mini-program's code and of the template library. */
export const CODE_QUERIES = {
  GetTrialQrCode: [
    {
      what: 'a page with a parameter, encoded once',
      request: { path: 'page/index?action=1' },
      query: 'path=page%2Findex%3Faction%3D1',
      answer: PICTURE,
      result: picture(PICTURE),
    },
    {
      what: 'a page in Chinese',
      request: { path: 'page/详情?q=a b&c=+%' },
      query: 'path=page%2F%E8%AF%A6%E6%83%85%3Fq%3Da%20b%26c%3D%2B%25',
      answer: SMALL,
      result: picture(SMALL),
    },
    { what: 'no page', request: {}, answer: SMALL, result: picture(SMALL) },
  ],
  ListCategories: [
    {
      what: 'two levels and three',
      request: {},
      answer: `{"errcode":0,"errmsg": "ok","category_list" : [
        {"first_class":"工具","second_class":"备忘录","first_id":1,"second_id":2},
        {"first_class":"教育","second_class":"学历教育","third_class":"高等","first_id":3,"second_id":4,"third_id":5}]}`,
      result: {
        categories: [
          { firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 },
          {
            firstClass: '教育',
            firstId: 3,
            secondClass: '学历教育',
            secondId: 4,
            thirdClass: '高等',
            thirdId: 5,
          },
        ],
      },
    },
    { what: 'none', request: {}, answer: '{"errcode":0,"errmsg":"ok","category_list":[]}', result: {} },
  ],
  ListPages: [
    {
      what: 'pages with escaped slashes',
      request: {},
      answer: '{"errcode":0,"errmsg":"ok","page_list":["index","page\\/list","page\\/详情🎉"]}',
      result: { pages: ['index', 'page/list', 'page/详情🎉'] },
    },
  ],
  ListDrafts: [
    {
      what: 'all fields',
      request: {},
      answer: `{"errcode":0,"errmsg":"ok","draft_list":[{"create_time":1488965944,"user_version":"VVV",
        "user_desc":"描述","draft_id":${LARGE},"source_miniprogram":"示例","source_miniprogram_appid":"wx0",
        "developer":"开发者 🎉"},{"create_time":1504790906,"user_version":"11","user_desc":"","draft_id":4}]}`,
      result: {
        drafts: [
          {
            ...{ draftId: `${LARGE}`, userVersion: 'VVV', userDesc: '描述' },
            ...{ createTime: '2017-03-08T09:39:04.000Z', sourceAppid: 'wx0', sourceName: '示例' },
            developer: '开发者 🎉',
          },
          { draftId: '4', userVersion: '11', createTime: '2017-09-07T13:28:26.000Z' },
        ],
      },
    },
    { what: 'none', request: {}, answer: '{"errcode":0,"errmsg":"ok","draft_list":[]}', result: {} },
  ],
  ListTemplates: [
    {
      what: 'all fields',
      request: {},
      answer: `{"errcode":0,"errmsg":"ok","template_list":[{"create_time":1488965944,"user_version":"VVV",
        "user_desc":"AAS","template_id":${LARGE},"draft_id":7,"template_type":1,"source_miniprogram":"示例",
        "source_miniprogram_appid":"wx0"}]}`,
      result: {
        templates: [
          {
            ...{ templateId: `${LARGE}`, userVersion: 'VVV', userDesc: 'AAS', draftId: '7', templateType: 1 },
            ...{ createTime: '2017-03-08T09:39:04.000Z', sourceAppid: 'wx0', sourceName: '示例' },
          },
        ],
      },
    },
    {
      what: 'the ordinary ones',
      request: { templateType: 0 },
      query: 'template_type=0',
      answer: '{"errcode":0,"errmsg":"ok","template_list":[]}',
      result: {},
    },
  ],
} satisfies { [M in Method]?: Exchange<M>[] };
