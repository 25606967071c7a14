import { AuditItem, type Method, VisitStatus } from '@wxa/contracts';
import { type Exchange, LARGE } from './exchange.js';

const EXT = '{ "extAppid": "", "ext": {"attr1": "值 1 🎉"}, "pages": ["index", "search/index"] }';

const REQUIRED_ONLY = { firstClass: '文娱', secondClass: '资讯', firstId: 1, secondId: 2 };

const ITEMS = [
  { ...REQUIRED_ONLY, address: 'index', tag: '学习 生活', title: '首页' },
  {
    ...{ address: 'page/logs/logs', tag: '学习 工作', title: '日志 📓' },
    ...{ firstClass: '教育', secondClass: '学历教育', thirdClass: '高等' },
    ...{ firstId: 3, secondId: 4, thirdId: 5 },
  },
].map((item) => AuditItem.fromPartial(item));

const ITEM_LIST = `[
  {"address":"index","tag":"学习 生活","first_class":"文娱","second_class":"资讯",
   "first_id":1,"second_id":2,"title":"首页"},
  {"address":"page/logs/logs","tag":"学习 工作","first_class":"教育","second_class":"学历教育",
   "third_class":"高等","first_id":3,"second_id":4,"third_id":5,"title":"日志 📓"}]`;

/** The changes of sections 1, 5, 9, 10, 13, 15, 16, 17.1 and 17.2 of the source document, and related ones. */
export const CHANGES = {
  Commit: [
    {
      what: 'ext_json as it was given',
      request: {
        templateId: 0n,
        extConfig: { $case: 'extJson', value: EXT },
        userVersion: 'V1.0',
        userDesc: 'test',
      },
      body: `{"template_id":0,"ext_json":${JSON.stringify(EXT)},"user_version":"V1.0","user_desc":"test"}`,
    },
    {
      what: 'ext as a Struct, sent as a string',
      request: {
        templateId: 95n,
        extConfig: { $case: 'ext', value: { ext: { a: '值 🎉', n: 1.5, list: [true, null] } } },
        userVersion: '版本 2 🚀',
        userDesc: '修复 "引号" 与 \\ 反斜杠',
      },
      body: `{"template_id":95,"ext_json":"{\\"ext\\":{\\"a\\":\\"值 🎉\\",\\"n\\":1.5,\\"list\\":[true,null]}}",
        "user_version":"版本 2 🚀","user_desc":"修复 \\"引号\\" 与 \\\\ 反斜杠"}`,
    },
    {
      what: 'no configuration, and a template id that is not rounded',
      request: { templateId: LARGE, userVersion: '1' },
      body: `{"template_id":${LARGE},"ext_json":"{}","user_version":"1","user_desc":""}`,
    },
  ],
  SubmitAudit: [
    {
      what: 'the items of the source document',
      request: { items: ITEMS },
      body: `{"item_list":${ITEM_LIST}}`,
      answer: `{"errcode":0,"errmsg":"ok","auditid":${LARGE}}`,
      result: { auditId: `${LARGE}` },
    },
    {
      what: 'all current fields, and an audit id given as a string',
      request: {
        items: [AuditItem.fromPartial(REQUIRED_ONLY)],
        feedbackInfo: '已修改 🙏',
        feedbackMediaIds: ['xx', 'yy', 'zz'],
        versionDesc: '新版本',
        preview: { videoIds: ['v1'], pictureIds: ['p1', 'p2'] },
        ugcDeclaration: {
          ...{ scenes: [1, 2], methods: [1], otherSceneDesc: '其他' },
          ...{ hasAuditTeam: true, auditDesc: '人工审核' },
        },
        privacyApiNotUsed: true,
        orderPath: 'page/order/list',
      },
      body: `{"item_list":[{"first_class":"文娱","second_class":"资讯","first_id":1,"second_id":2}],
        "feedback_info":"已修改 🙏","feedback_stuff":"xx|yy|zz","version_desc":"新版本",
        "preview_info":{"video_id_list":["v1"],"pic_id_list":["p1","p2"]},
        "ugc_declare":{"scene":[1,2],"method":[1],"other_scene_desc":"其他","has_audit_team":1,"audit_desc":"人工审核"},
        "privacy_api_not_use":true,"order_path":"page/order/list"}`,
      answer: '{"errcode":0,"errmsg":"ok","auditid":"1234568"}',
      result: { auditId: '1234568' },
    },
  ],
  Release: [{ what: 'an empty object', body: '{}' }],
  ChangeVisitStatus: [
    { what: 'closed', request: { status: VisitStatus.VISIT_STATUS_CLOSED }, body: '{"action":"close"}' },
    { what: 'open', request: { status: VisitStatus.VISIT_STATUS_OPEN }, body: '{"action":"open"}' },
  ],
  SetSupportVersion: [
    {
      what: 'a version',
      request: { version: '1.0.0' },
      body: '{"version":"1.0.0"}',
      answer: '{ "errcode" : 0,"errmsg" : "ok" }',
    },
  ],
  RevertRelease: [
    { what: 'the version before' },
    { what: 'a version of the history', request: { appVersion: '111' }, query: 'app_version=111' },
  ],
  UndoAudit: [{ what: 'nothing but the token' }],
  GrayRelease: [
    {
      what: 'only the developers',
      request: { percentage: 0, supportDebuggerFirst: true },
      body: '{"gray_percentage":0,"support_debuger_first":true}',
    },
    {
      what: 'everyone, both groups first',
      request: { percentage: 100, supportDebuggerFirst: true, supportExperiencerFirst: true },
      body: '{"gray_percentage":100,"support_debuger_first":true,"support_experiencer_first":true}',
    },
  ],
  RevertGrayRelease: [{ what: 'nothing but the token' }],
  AddTemplate: [
    { what: 'an ordinary one', request: { draftId: 0n }, body: '{"draft_id":0}' },
    {
      what: 'a standard one, of a draft id that is not rounded',
      request: { draftId: LARGE, templateType: 1 },
      body: `{"draft_id":${LARGE},"template_type":1}`,
    },
  ],
  DeleteTemplate: [{ what: 'an id', request: { templateId: 5n }, body: '{"template_id":5}' }],
  SpeedUpAudit: [
    { what: 'an id that is not rounded', request: { auditId: LARGE }, body: `{"auditid":${LARGE}}` },
  ],
} satisfies { [M in Method]?: Exchange<M>[] };
