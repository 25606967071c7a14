import {
  type DomainList,
  type Method,
  PrivacyGuide,
  PrivacyInterfaceApplication,
  ServerDomains,
} from '@wxa/contracts';
import { type Exchange, LARGE } from './exchange.js';

const NO_DOMAINS = '{"errcode":0,"errmsg":"ok","requestdomain":[],"wsrequestdomain":[]}';
const DOMAINS = {
  request: ['https://a.example.cn', 'https://b.example.cn:8443'],
  websocket: ['wss://a.example.cn'],
};
const WEBVIEW: DomainList = { domains: ['https://h5.example.cn'] };
const EFFECTIVE_WEBVIEW = `{"errcode":0,"errmsg":"ok","mp_webviewdomain":["https://own.example.cn"],
  "third_webviewdomain":["https://old.example.cn"],"direct_webviewdomain":[],
  "effective_webviewdomain":["https://old.example.cn"]}`;

const SDKS =
  '[{"sdk_name":"地图","sdk_biz_name":"某公司","sdk_list":[{"privacy_key":"Location","privacy_text":"定位"}]}]';
const OWNER_SENT = `"contact_phone":"021-1","contact_email":"privacy@example.cn","contact_qq":"1","contact_weixin":"w","notice_method":"弹窗"`;
const GUIDE = {
  owner: { phone: '021-1', email: 'privacy@example.cn', qq: '1', wechat: 'w', noticeMethod: '弹窗' },
  purposes: [{ key: 'UserInfo', text: '展示头像' }],
  sdks: [{ name: '地图', provider: '某公司', purposes: [{ key: 'Location', text: '定位' }] }],
};

/** What WeChat detected, before and after the guide explains it. */
const setting = (text: string, owner: string) => `{"errcode":0,"errmsg":"ok","code_exist":1,
  "privacy_list":["UserInfo","Location"],"setting_list":[
    {"privacy_key":"UserInfo","privacy_text":"${text}","privacy_label":"用户信息"},
    {"privacy_key":"Location","privacy_text":"","privacy_label":"位置信息"}],
  "update_time":1640762988,"owner_setting":{${owner}},"sdk_privacy_info_list":${SDKS},
  "privacy_desc":{"privacy_desc_list":[{"privacy_key":"UserInfo","privacy_desc":"用户信息（微信昵称、头像）"}]}}`;
const GUIDE_SET = setting('展示头像', OWNER_SENT);

const INTERFACES = `{"errcode":0,"errmsg":"ok","interface_list":[
  {"api_name":"wx.getLocation","api_ch_name":"获取位置","api_desc":"获取当前的地理位置","status":1,
   "api_link":"https://developers.example.cn/location","group_name":"地理位置"},
  {"api_name":"wx.chooseAddress","api_ch_name":"收货地址","api_desc":"","status":4,"apply_time":1640762988,
   "audit_id":${LARGE},"fail_reason":"用途不明","api_link":"","group_name":"地址"}]}`;

const PLATFORM_LIST = `{"errcode":0,"errmsg":"ok","published_wxa_server_domain":"a.cn;b.cn",
  "testing_wxa_server_domain":"a.cn;b.cn","invalid_wxa_server_domain":"c.cn"}`;
const OLD_PLATFORM_LIST = `{"errcode":0,"errmsg":"ok","published_wxa_server_domain":"a.cn","testing_wxa_server_domain":"a.cn"}`;

/** The changes of Setup and PlatformDomains. */
export const SETUP_CHANGES = {
  SetServerDomains: [
    {
      what: 'all six lists, and two domains that WeChat refuses',
      request: { value: { $case: 'domains', value: ServerDomains.fromPartial(DOMAINS) } },
      reads: { 'wxa/modify_domain': [NO_DOMAINS] },
      body: `{"action":"set","requestdomain":["https://a.example.cn","https://b.example.cn:8443"],
        "wsrequestdomain":["wss://a.example.cn"],"uploaddomain":[],"downloaddomain":[],"udpdomain":[],"tcpdomain":[]}`,
      answer: `{"errcode":0,"errmsg":"ok","requestdomain":["https://a.example.cn"],"wsrequestdomain":[],
        "invalid_wsrequestdomain":["wss://a.example.cn"],"no_icp_domain":["https://b.example.cn:8443"]}`,
      result: {
        changed: true,
        domains: { request: ['https://a.example.cn'] },
        refused: [
          {
            kind: 'DOMAIN_KIND_WEBSOCKET',
            domain: 'wss://a.example.cn',
            cause: 'DOMAIN_REFUSAL_CAUSE_INVALID',
          },
          { domain: 'https://b.example.cn:8443', cause: 'DOMAIN_REFUSAL_CAUSE_NO_ICP' },
        ],
      },
    },
  ],
  SetWebviewDomains: [
    {
      what: 'the whole list with its action',
      request: { value: { $case: 'domains', value: WEBVIEW } },
      reads: { 'wxa/get_effective_webviewdomain': [EFFECTIVE_WEBVIEW] },
      body: '{"action":"set","webviewdomain":["https://h5.example.cn"]}',
      result: { changed: true, domains: ['https://h5.example.cn'] },
    },
  ],
  SetPrivacyGuide: [
    {
      what: 'a guide, which is read back',
      request: {
        value: {
          $case: 'guide',
          value: PrivacyGuide.fromPartial(GUIDE),
        },
      },
      reads: { 'cgi-bin/component/getprivacysetting': [setting('', ''), GUIDE_SET] },
      body: `{"privacy_ver":2,"setting_list":[{"privacy_key":"UserInfo","privacy_text":"展示头像"}],
        "owner_setting":{${OWNER_SENT}},"sdk_privacy_info_list":${SDKS}}`,
      result: { changed: true, uncoveredKeys: ['Location'] },
    },
  ],
  ApplyPrivacyInterface: [
    {
      what: 'an application with a picture',
      request: {
        apiName: 'wx.getLocation',
        application: PrivacyInterfaceApplication.fromPartial({
          content: '展示附近门店',
          pictureUrls: ['https://example.cn/1.png'],
        }),
      },
      reads: { 'wxa/security/get_privacy_interface': [INTERFACES] },
      body: `{"api_name":"wx.getLocation","content":"展示附近门店","url_list":[],
        "pic_list":["https://example.cn/1.png"],"video_list":[]}`,
      answer: `{"errcode":0,"errmsg":"ok","audit_id":${LARGE}}`,
      result: { auditId: `${LARGE}` },
    },
  ],
  AddTester: [
    {
      what: 'a WeChat id',
      request: { wechatId: 'zhangsan' },
      body: '{"wechatid":"zhangsan"}',
      answer: '{"errcode":0,"errmsg":"ok","userstr":"u1"}',
      result: { userString: 'u1' },
    },
  ],
  RemoveTester: [
    {
      what: "WeChat's id of a tester",
      request: { tester: { $case: 'userString', value: 'u1' } },
      body: '{"userstr":"u1"}',
    },
    {
      what: 'a WeChat id',
      request: { tester: { $case: 'wechatId', value: 'zhangsan' } },
      body: '{"wechatid":"zhangsan"}',
    },
  ],
  SetPlatformDomains: [
    {
      what: 'a list of server domains, for live versions too',
      request: {
        value: { $case: 'server', value: { domains: ['a.cn', 'b.cn', 'c.cn'] } },
        publishedTogether: true,
      },
      reads: { 'cgi-bin/component/modify_wxa_server_domain': [OLD_PLATFORM_LIST] },
      body: '{"action":"set","wxa_server_domain":"a.cn;b.cn;c.cn","is_modify_published_together":true}',
      answer: PLATFORM_LIST,
      result: {
        changed: true,
        domains: { published: ['a.cn', 'b.cn'], testing: ['a.cn', 'b.cn'] },
        invalid: ['c.cn'],
      },
    },
  ],
} satisfies { [M in Method]?: Exchange<M>[] };

/** The queries of Setup and PlatformDomains. */
export const SETUP_QUERIES = {
  GetDomains: [
    {
      what: 'both families by who set them',
      reads: {
        'wxa/get_effective_domain': [
          `{"errcode":0,"errmsg":"ok","mp_domain":{"requestdomain":["https://own.example.cn"]},
            "third_domain":{"requestdomain":["https://a.example.cn"],"udpdomain":["udp://a.example.cn"]},
            "direct_domain":{},"effective_domain":{"requestdomain":["https://a.example.cn"]}}`,
        ],
      },
      body: '{}',
      answer: EFFECTIVE_WEBVIEW,
      result: {
        server: {
          setByService: { request: ['https://a.example.cn'], udp: ['udp://a.example.cn'] },
          setByOwner: { request: ['https://own.example.cn'] },
          setDirectly: {},
          effective: { request: ['https://a.example.cn'] },
        },
        webview: {
          setByService: ['https://old.example.cn'],
          setByOwner: ['https://own.example.cn'],
          effective: ['https://old.example.cn'],
        },
      },
    },
  ],
  GetPrivacyGuide: [
    {
      what: 'a guide and what was detected',
      body: '{"privacy_ver":2}',
      answer: GUIDE_SET,
      result: {
        codeExists: true,
        detectedKeys: ['UserInfo', 'Location'],
        guide: GUIDE,
        descriptions: [{ key: 'UserInfo', text: '用户信息（微信昵称、头像）' }],
        updateTime: '2021-12-29T07:29:48.000Z',
      },
    },
    {
      what: 'no guide',
      body: '{"privacy_ver":2}',
      answer: '{"errcode":0,"errmsg":"ok","code_exist":0,"privacy_list":[],"setting_list":[]}',
      result: {},
    },
  ],
  ListPrivacyInterfaces: [
    {
      what: 'one that was never applied for, and a refused one',
      answer: INTERFACES,
      result: {
        interfaces: [
          {
            apiName: 'wx.getLocation',
            chineseName: '获取位置',
            description: '获取当前的地理位置',
            state: 'PRIVACY_INTERFACE_STATE_AVAILABLE',
            link: 'https://developers.example.cn/location',
            groupName: '地理位置',
          },
          {
            apiName: 'wx.chooseAddress',
            chineseName: '收货地址',
            state: 'PRIVACY_INTERFACE_STATE_REFUSED',
            applyTime: '2021-12-29T07:29:48.000Z',
            auditId: `${LARGE}`,
            refusalReason: '用途不明',
            groupName: '地址',
          },
        ],
      },
    },
  ],
  GetFiling: [
    {
      what: 'not filed, without a profile and without verification',
      answer: '{"errcode":0,"errmsg":"ok","info":{"status":1029,"is_canceling":false,"available":0}}',
      result: {
        state: 'FILING_STATE_NOT_FILED',
        missing: ['FILING_REQUIREMENT_PROFILE', 'FILING_REQUIREMENT_VERIFICATION'],
        number: 1029,
      },
    },
    {
      what: 'refused by WeChat',
      answer: `{"errcode":0,"errmsg":"ok","info":{"status":3,"is_canceling":true,"audit_data":[
        {"key_name":"主体名称","error":"与证件不一致","suggest":"请修改"}]}}`,
      result: {
        state: 'FILING_STATE_WECHAT_REFUSED',
        isCanceling: true,
        refused: [{ field: '主体名称', error: '与证件不一致', suggestion: '请修改' }],
        number: 3,
      },
    },
  ],
  ListTesters: [
    {
      what: 'two testers',
      body: '{"action":"get_experiencer"}',
      answer: '{"errcode":0,"errmsg":"ok","members":[{"userstr":"u1"},{"userstr":"u2"}]}',
      result: { userStrings: ['u1', 'u2'] },
    },
  ],
  GetPlatformDomains: [
    {
      what: 'both lists',
      reads: { 'cgi-bin/component/modify_wxa_server_domain': [PLATFORM_LIST] },
      body: '{"action":"get"}',
      answer:
        '{"errcode":0,"errmsg":"ok","published_wxa_jump_h5_domain":"","testing_wxa_jump_h5_domain":"h5.cn"}',
      result: {
        server: { published: ['a.cn', 'b.cn'], testing: ['a.cn', 'b.cn'] },
        webview: { testing: ['h5.cn'] },
      },
    },
  ],
  GetPlatformDomainFile: [
    {
      what: 'its name and content',
      body: '{}',
      answer: '{"errcode":0,"errmsg":"ok","file_name":"abc.txt","file_content":"0123"}',
      result: { fileName: 'abc.txt', content: '0123' },
    },
  ],
} satisfies { [M in Method]?: Exchange<M>[] };
