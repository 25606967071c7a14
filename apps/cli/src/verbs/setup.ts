import { calls } from './calls.js';
import type { Verbs } from './verb.js';

const APPID = '--appid wx0123456789abcdef';
const GUIDE =
  '{"owner": {"email": "privacy@shop.example", "notice_method": "弹窗"}, "purposes": [{"key": "UserInfo", "text": "展示头像"}]}';

/** What a mini-program needs besides its code, and the domains of the platform. */
export const SETUP_VERBS: Verbs = {
  ...calls(`
  domains show | Setup/GetDomains | shows the domains of a mini-program, by who set them
    ${APPID}
  domains set | Setup/SetServerDomains | sets the server domains of a mini-program for its next release
    ${APPID} --domains '{"request": ["https://api.shop.example"], "websocket": ["wss://push.shop.example"]}'
  domains set-webview | Setup/SetWebviewDomains | sets the domains of pages in a web-view for the next release
    ${APPID} --domains '{"domains": ["https://h5.shop.example"]}'
  privacy show | Setup/GetPrivacyGuide | shows the privacy guide, and the kinds of data that WeChat detected in the code
    ${APPID}
  privacy set | Setup/SetPrivacyGuide | sets the privacy guide for the next release, or the owner of the live one
    ${APPID} --guide '${GUIDE}'
  interfaces list | Setup/ListPrivacyInterfaces | lists the private interfaces of the client, and which are open
    ${APPID}
  interfaces apply | Setup/ApplyPrivacyInterface | applies for a private interface
    ${APPID} --api-name wx.getLocation --application '{"content": "展示附近门店", "picture_urls": ["https://shop.example/map.png"]}'
  filing | Setup/GetFiling | shows the state of the filing (备案)
    ${APPID}
  testers list | Setup/ListTesters | lists WeChat's ids of the testers
    ${APPID}
  testers add | Setup/AddTester | lets somebody open the trial version
    ${APPID} --wechat-id zhangsan
  testers remove | Setup/RemoveTester | removes a tester, by the WeChat id or by that of the list
    ${APPID} --wechat-id zhangsan
  platform-domains show | PlatformDomains/GetPlatformDomains | shows the domains that the platform has registered
  platform-domains set | PlatformDomains/SetPlatformDomains | sets one whole list of the domains of the platform
    --server '{"domains": ["shop.example"]}' --published-together true
  platform-domains file | PlatformDomains/GetPlatformDomainFile | shows the file that each web-view domain must serve before it is registered
`),
};
