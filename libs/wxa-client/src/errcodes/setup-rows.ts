/**
 * Errcodes of the APIs that set up a mini-program for its release (domains, privacy guide, private interfaces, testers):
 * `errcode | reason | category | official text | hint | hint in Chinese`.
 * Source: WeChat open platform, the pages of domain, privacy, privacy API and member management. "(reported)": found for these
 * APIs in the source of one other client only. "(text not recorded)": WeChat's page names the code, its text was not copied.
 */
export const setupRows = `
40007   | MATERIAL_NOT_FOUND             | REQUEST | 不合法的媒体文件 id | Use a media id of this mini-program that has not expired; read the audit's status again for its screenshots. | 使用该小程序未过期的 media id；审核截图请重新查询审核状态获取。
40126   | PRIVACY_TEXT_TOO_LARGE         | REQUEST | 大小超过100kb | Shorten the additional text of the privacy guide to at most 100 KB. | 缩短隐私保护指引的补充文件，不超过 100 KB。
41033   | NOT_CREATED_BY_PLATFORM        | REQUEST | (text not recorded) | WeChat allows this call only for mini-programs that the platform registered. | 该接口只支持由平台通过接口注册的小程序。
45104   | PLATFORM_DOMAIN_CHANGES_LIMIT  | QUOTA   | reach max domain quota limit (reported) | The platform's domains can be changed 50 times a month; wait until the next month. | 第三方平台的域名每月可修改 50 次，请等到下个月。
61031   | INTERFACE_IN_REVIEW            | STATE   | 审核中，请不要重复申请 | An application for this interface is in review; wait for its result. | 该接口的申请正在审核，请等待结果。
61032   | INTERFACE_VIDEO_INVALID        | REQUEST | 视频格式不对，要传mp4格式的 | Use an mp4 video. | 视频须为 mp4 格式。
61033   | INTERFACE_FILE_UNREACHABLE     | REQUEST | 视频下载失败 | WeChat could not fetch a picture or the video; use public addresses. | 微信无法下载图片或视频，请使用公网可访问的地址。
61034   | INTERFACE_ARGUMENTS_MISSING    | REQUEST | 必填的参数没填，检查后重新提交 | Set the name, the reason and at least one picture, video or page. | 填写接口名、申请原因，以及至少一项图片、视频或网页。
61035   | INTERFACE_NEEDS_NO_APPLICATION | REQUEST | the api not need apply | This interface needs no application; check its name, which is case-sensitive. | 该接口无需申请；请检查接口名（区分大小写）。
65316   | PLATFORM_DOMAINS_TOO_MANY      | REQUEST | domain count reach limit (reported) | Remove unneeded domains; the platform may have at most 1,000 server and 300 web-view domains. | 删除不需要的域名；第三方平台最多 1000 个服务器域名、300 个业务域名。
85301   | NO_DOMAIN_LEFT                 | CONTENT | no domain to modify after filtered, please confirm the domain has been set in miniprogram or open, and follows the rule of domains | WeChat filtered all changes out: each domain is set already, is invalid, or is not registered by the platform with SetPlatformDomains. | 微信过滤后没有可修改的域名：域名已设置、不合规，或未登记到第三方平台（SetPlatformDomains）。
85302   | DOMAIN_WITHOUT_ICP             | CONTENT | (text not recorded) | Have the domain filed with the authority (ICP), or use another one. | 先为该域名办理 ICP 备案，或换一个域名。
85303   | DOMAIN_INVALID_WITHOUT_ICP     | CONTENT | (text not recorded) | Some domains are invalid or not registered by the platform, others have no ICP filing; correct both. | 部分域名不合规或未登记到第三方平台，部分域名没有 ICP 备案，请一并修正。
86069   | PRIVACY_CONTACT_MISSING        | REQUEST | owner_setting必填字段字段缺失 | Set a phone number, an email address, a QQ number or a WeChat id of the owner. | 填写运营者的手机号、邮箱、QQ 号或微信号中的至少一项。
86070   | PRIVACY_NOTICE_METHOD_INVALID  | REQUEST | (text not recorded) | Say how users are informed of changes, for example by a pop-up. | 填写变更时通知用户的方式，例如弹窗。
86071   | PRIVACY_VERSION_INVALID        | REQUEST | privacy_ver参数无效 | Use 1 for the live version or 2 for the development version. | privacy_ver 填 1（现网版）或 2（开发版）。
86072   | PRIVACY_STORAGE_INVALID        | REQUEST | (text not recorded) | Use an end of the storage period in the future, or none. | 存储期限须是将来的时间，或不填写。
86073   | PRIVACY_FILE_INVALID           | REQUEST | (text not recorded) | Upload the additional text again, and use the id that the upload returns. | 重新上传补充文件，使用上传返回的 id。
86074   | PRIVACY_LIVE_GUIDE_MISSING     | STATE   | (text not recorded) | There is no live guide; set the guide of the development version and release it. | 还没有现网版的隐私保护指引，请设置开发版并发布。
86075   | PRIVACY_LIVE_FILE_FIXED        | REQUEST | (text not recorded) | The file of the live guide cannot be changed; set the guide of the development version and release it. | 现网版的补充文件不能修改，请设置开发版并发布。
86100   | DOMAIN_SCHEME_INVALID          | CONTENT | (reported) | Begin request, upload and download domains with https:// and WebSocket domains with wss://, without a path. | request、upload、download 域名须以 https:// 开头，WebSocket 域名须以 wss:// 开头。
86101   | DOMAIN_FORBIDDEN               | CONTENT | (reported) | WeChat forbids this domain, such as an IP address or api.weixin.qq.com; use another one. | 微信禁止使用该域名（如 IP 地址、api.weixin.qq.com），请换一个。
86102   | DOMAIN_CHANGES_LIMIT           | QUOTA   | (reported) | The mini-program's server domains can be changed 50 times a month; wait until the next month. | 小程序的服务器域名每月可修改 50 次，请等到下个月。
89231   | WEBVIEW_PERSONAL_FORBIDDEN     | REQUEST | 个人小程序不支持调用 setwebviewdomain 接口 | Mini-programs of individuals cannot have web-view domains; leave them out for this account. | 个人主体的小程序不能设置业务域名，请不要为其设置。
9410016 | PLATFORM_DOMAIN_INVALID        | REQUEST | (reported) | Write the platform's domains without a scheme and a path, separated by semicolons. | 第三方平台的域名不带协议和路径，以分号分隔。
`;
