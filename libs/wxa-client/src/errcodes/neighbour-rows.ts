/**
 * Errcodes of related APIs (testers, names, domains, QR rules, templates, bindings):
 * `errcode | reason | category | official text | hint | hint in Chinese`.
 * Source: WeChat open platform, "第三方平台错误码".
 */
export const neighbourRows = `
85001 | WECHAT_ID_NOT_FOUND            | REQUEST    | 微信号不存在或微信号设置为不可搜索 | Check the WeChat ID, and have its owner allow being found by it. | 检查微信号，并让本人开启“可通过微信号搜索到我”。
85002 | TESTERS_FULL                   | QUOTA      | 小程序绑定的体验者数量达到上限 | Unbind a tester of this mini-program first. | 先解绑一名该小程序的体验者。
85003 | TESTER_BOUND_TOO_OFTEN         | QUOTA      | 微信号绑定的小程序体验者达到上限 | This user is a tester of too many mini-programs; unbind one, or use another tester. | 该用户已是过多小程序的体验者，请解绑一个或换一名体验者。
85004 | TESTER_ALREADY_BOUND           | STATE      | 微信号已经绑定 | No action is needed: this user is already a tester. | 该用户已是体验者，无需处理。
85005 | NOT_BOUND                      | STATE      | appid not bind weapp | Bind the appid to the mini-program first. | 先把该 appid 绑定到小程序。
85016 | DOMAINS_TOO_MANY               | REQUEST    | 域名数量超过限制 | Remove unneeded domains; a mini-program may have at most 200 server domains of each kind. | 删除不需要的域名，每类服务器域名最多 200 个。
85017 | NO_NEW_DOMAIN                  | CONTENT    | 没有新增域名，请确认小程序已经添加了域名或该域名是否没有在第三方平台添加 | Add the domain to the platform first, with SetPlatformDomains, unless the mini-program already has it. | 若小程序还没有该域名，请先在第三方平台添加（SetPlatformDomains）。
85018 | DOMAIN_NOT_IN_PLATFORM         | STATE      | 域名没有在第三方平台设置 | Add the domain to the platform first, with SetPlatformDomains. | 先在第三方平台添加该域名（SetPlatformDomains）。
85024 | MATERIAL_INCOMPLETE            | STATE      | need complete material | Complete the material of the account, then retry. | 补全账号资料后重试。
85025 | PHONE_BIND_LIMIT               | QUOTA      | this phone reach bind limit | Use another phone number. | 换一个手机号。
85026 | WECHAT_ACCOUNT_BIND_LIMIT      | QUOTA      | this wechat account reach bind limit | Use another WeChat account. | 换一个微信号。
85027 | ID_CARD_BIND_LIMIT             | QUOTA      | this idcard reach bind limit | Use another person's identity card. | 换一个人的身份证。
85028 | CONTRACTOR_BIND_LIMIT          | QUOTA      | this contractor reach bind limit | This contractor has the maximum number of accounts; close one first. | 该主体的账号数已达上限，请先注销一个。
85029 | NICKNAME_TAKEN                 | CONTENT    | nickname has used | Choose another name. | 换一个名称。
85030 | NICKNAME_LENGTH_INVALID        | REQUEST    | invalid nickname size(4-30) | Use a name of 4 to 30 characters. | 名称长度须为 4 至 30 个字符。
85031 | NICKNAME_FORBIDDEN             | CONTENT    | nickname is forbidden | Choose another name. | 换一个名称。
85032 | NICKNAME_COMPLAINED            | CONTENT    | nickname is complained | Choose another name; there was a complaint about this one. | 该名称被投诉，请换一个。
85033 | NICKNAME_ILLEGAL               | CONTENT    | nickname is illegal | Choose another name. | 换一个名称。
85034 | NICKNAME_PROTECTED             | CONTENT    | nickname is protected | Choose another name, or prove your right to this one in the admin console. | 换一个名称，或在后台提交使用该名称的证明。
85035 | NICKNAME_OF_OTHER_CONTRACTOR   | CONTENT    | nickname is forbidden for different contractor | Choose another name; this one belongs to another contractor. | 该名称属于其他主体，请换一个。
85036 | INTRODUCTION_ILLEGAL           | CONTENT    | introduction is illegal | Rewrite the introduction. | 重新填写简介。
85038 | STORE_ALREADY_ADDED            | STATE      | store has added | No action is needed: the store already exists. | 门店已存在，无需处理。
85039 | STORE_ADDED_BY_OTHERS          | STATE      | store has added by others | Ask the account that added the store to remove it. | 请添加该门店的账号先删除它。
85040 | STORE_ADDED_BY_YOURSELF        | STATE      | store has added by yourseld | No action is needed: this account already added the store. | 本账号已添加该门店，无需处理。
85041 | CREDENTIAL_USED                | STATE      | credential has used | Use another credential. | 换一份证件。
85042 | NEARBY_LIMIT                   | QUOTA      | nearby reach limit | Remove a nearby place first. | 先删除一个附近地点。
85049 | PROFILE_CHANGE_LIMIT           | QUOTA      | reach headimg or introduction quota limit | Wait until the next month: avatar and introduction can be changed only a few times a month. | 头像和简介每月修改次数有限，请等到下个月。
85050 | VERIFICATION_RUNNING           | STATE      | verifying, don't apply again | Wait until the verification in progress has ended. | 等待进行中的认证结束。
85052 | ALREADY_RELEASED               | STATE      | app is already released | No action is needed: it is already released. | 已发布，无需处理。
85053 | MERCHANT_APPLICATION_MISSING   | STATE      | please apply merchant first | Apply as a merchant first. | 先申请成为商户。
85054 | POI_UPGRADE_NEEDED             | STATE      | poi_id is null, please upgrade first | Upgrade the store first, so that it has a poi_id. | 先升级门店，使其具有 poi_id。
85055 | POI_INVALID                    | REQUEST    | map_poi_id is invalid | Use a map_poi_id returned by the map search. | 使用地图搜索返回的 map_poi_id。
85056 | MEDIA_ID_INVALID               | REQUEST    | mediaid is invalid | Upload the media again with UploadAuditMedia: an id is valid for 3 days. | 用 UploadAuditMedia 重新上传素材，media id 的有效期为 3 天。
85057 | WIDGET_DATA_INVALID            | REQUEST    | invalid widget data format | Correct the widget's data; see the widget reference. | 参照组件文档修正数据。
85059 | OVERSEAS_DENIED                | PERMISSION | overseas access deny | Not available for accounts outside China. | 中国大陆以外的账号不能使用。
85060 | TASK_ID_INVALID                | REQUEST    | invalid taskid | Use the task id returned by WeChat. | 使用微信返回的任务 id。
85061 | PHONE_REGISTER_LIMIT           | QUOTA      | this phone reach bind limit | Use another phone number. | 换一个手机号。
85062 | PHONE_BLOCKED                  | PERMISSION | this phone in black list | WeChat blocked this phone number; use another one. | 该手机号被微信封禁，请换一个。
85063 | ID_CARD_BLOCKED                | PERMISSION | idcard in black list | WeChat blocked this identity card; use another person's. | 该身份证被微信封禁，请换一个人的。
85064 | TEMPLATE_NOT_IN_LIBRARY        | REQUEST    | 找不到模板 | Use the id of a template in the platform's template library. | 使用平台模板库中存在的模板 id（见 ListTemplates）。
85065 | TEMPLATE_LIBRARY_FULL          | QUOTA      | 模板库已满 | Delete an unneeded template, then add this one. | 先删除一个不需要的模板，再添加。
85066 | LINK_INVALID                   | REQUEST    | 链接错误 | Correct the link. | 修正链接。
85067 | INPUT_INVALID                  | REQUEST    | input data error | Check every field of the request against WeChat's page for this API. | 对照微信该接口的文档检查请求的每个字段。
85068 | TEST_LINK_NOT_SUBLINK          | REQUEST    | 测试链接不是子链接 | Use test links below the link of the rule. | 测试链接须是规则链接的子链接。
85069 | VERIFICATION_FILE_FAILED       | STATE      | 校验文件失败 | Publish the verification file at the location of the link, then retry. | 把校验文件放到链接所在的位置后重试。
85070 | QR_RULE_PERSONAL_FORBIDDEN     | PERMISSION | 个人类型小程序无法设置二维码规则 | Only mini-programs of organisations can have QR rules. | 只有组织类型的小程序才能设置二维码规则。
85071 | LINK_ALREADY_ADDED             | STATE      | 已添加该链接，请勿重复添加 | No action is needed: the link already exists. | 链接已存在，无需处理。
85072 | LINK_OCCUPIED                  | STATE      | 该链接已被占用 | Another account uses this link; use another link. | 该链接已被其他账号占用，请换一个。
85073 | QR_RULES_FULL                  | QUOTA      | 二维码规则已满 | Delete a QR rule first. | 先删除一条二维码规则。
85074 | QR_RULE_NOT_RELEASED           | STATE      | 小程序未发布, 小程序必须先发布代码才可以发布二维码跳转规则 | Release the mini-program before publishing its QR rules. | 先发布小程序，再发布二维码规则。
85075 | QR_RULE_PERSONAL_REFUSED       | PERMISSION | 个人类型小程序无法设置二维码规则 | Only mini-programs of organisations can have QR rules. | 只有组织类型的小程序才能设置二维码规则。
85078 | OPERATOR_INFO_WRONG            | REQUEST    | operator info error | Correct the operator's name, WeChat ID or phone number. | 修正运营者的姓名、微信号或手机号。
85083 | SEARCH_FLAG_BANNED             | PERMISSION | 搜索标记位被封禁，无法修改 | Only WeChat can change this; see the notices in the mini-program's admin console. | 只有微信能修改，请查看小程序后台的通知。
85084 | SEARCH_STATUS_INVALID          | REQUEST    | 非法的 status 值，只能填 0 或者 1 | Use 0 or 1 as the status. | status 只能填 0 或 1。
85088 | NO_QBASE_PRIVILEGE             | PERMISSION | no qbase privilege | Have cloud development enabled for the platform first. | 先为平台开通云开发。
85089 | CONFIG_NOT_FOUND               | STATE      | config not found | Set the configuration first. | 先设置该配置。
85090 | EXT_APPID_COMMIT_LATER         | STATE      | wait and commit for this exappid later | WeChat is still processing this extAppid; commit for it again later. | 微信还在处理该 extAppid，稍后再为它提交代码。
85091 | SEARCH_CLOSED                  | STATE      | 小程序的搜索开关被关闭。请访问设置页面打开开关再重试 | Enable search in the mini-program's settings, then retry. | 在小程序设置中打开搜索开关后重试。
86003 | NO_MALL_CATEGORY               | PERMISSION | component do not has category mall | Apply for the mall category for the platform. | 先为平台申请商城类目。
86004 | WECHAT_ACCOUNT_INVALID         | REQUEST    | invalid wechat | Check the WeChat ID. | 检查微信号。
86005 | WECHAT_ACCOUNT_TOO_FREQUENT    | QUOTA      | wechat limit frequency | This WeChat account was used too often; retry on another day. | 该微信号使用过于频繁，请改日再试。
86006 | GROUP_MESSAGE_QUOTA_EXHAUSTED  | QUOTA      | has no quota to send group msg | Wait until the quota of group messages resets. | 等待群发额度重置。
87007 | SESSION_KEY_INVALID            | REQUEST    | session_key is not existd or expired | Have the user log in again, and use the new session_key. | 让用户重新登录，使用新的 session_key。
87008 | SIGNATURE_METHOD_INVALID       | REQUEST    | invalid sig_method | Use hmac_sha256 as sig_method. | sig_method 须填 hmac_sha256。
87009 | SIGNATURE_INVALID              | REQUEST    | 无效的签名 | Compute the signature over exactly the bytes that are sent, with the latest session_key. | 用最新的 session_key，对实际发送的字节计算签名。
87010 | BUFFER_SIZE_INVALID            | REQUEST    | invalid buffer size | Send less data. | 减少发送的数据。
89000 | OPEN_ACCOUNT_ALREADY_BOUND     | STATE      | account has bound open，该公众号/小程序已经绑定了开放平台帐号 | Unbind the account from its open platform account first. | 先把该账号从已绑定的开放平台账号解绑。
89001 | CONTRACTOR_MISMATCH            | PERMISSION | not same contractor，Authorizer 与开放平台帐号主体不相同 | Bind only accounts of the contractor that owns the open platform account. | 只能绑定与开放平台账号同一主体的账号。
89002 | OPEN_ACCOUNT_NOT_BOUND         | STATE      | open not exists，该公众号/小程序未绑定微信开放平台帐号。 | Bind the account to an open platform account first. | 先把该账号绑定到开放平台账号。
89003 | OPEN_ACCOUNT_NOT_OURS          | PERMISSION | 该开放平台帐号并非通过 api 创建，不允许操作 | Only open platform accounts created through the API can be changed through the API. | 只有通过接口创建的开放平台账号才能通过接口修改。
89004 | OPEN_ACCOUNT_BIND_LIMIT        | QUOTA      | 该开放平台帐号所绑定的公众号/小程序已达上限（100  个） | Unbind an account from the open platform account first; at most 100 are allowed. | 先解绑一个账号，最多可绑定 100 个。
89005 | VIDEO_ADD_BANNED               | PERMISSION | without add video ability, the ability was banned | WeChat disabled this feature; see the notices in the admin console. | 微信停用了该功能，请查看后台的通知。
89006 | VIDEO_UPLOAD_BANNED            | PERMISSION | without upload video ability, the ability was banned | WeChat disabled this feature; see the notices in the admin console. | 微信停用了该功能，请查看后台的通知。
89007 | LINK_QUOTA_EXHAUSTED           | QUOTA      | wxa quota limit | Unlink a mini-program first. | 先解除一个小程序的关联。
89008 | OVERSEAS_LINK_FORBIDDEN        | PERMISSION | overseas account can not link | Accounts outside China cannot be linked. | 中国大陆以外的账号不能关联。
89009 | LINK_LIMIT                     | QUOTA      | wxa reach link limit | Unlink a mini-program first. | 先解除一个小程序的关联。
89010 | LINK_MESSAGE_SENT              | STATE      | link message has sent | Wait for the response to the message that was sent. | 等待对方回应已发出的消息。
89011 | NEARBY_UNLINK_FORBIDDEN        | STATE      | can not unlink nearby wxa | Remove the mini-program from the nearby places first. | 先把小程序从附近地点移除。
89012 | STORE_UNLINK_FORBIDDEN         | STATE      | can not unlink store or mall | Remove the store or the mall first. | 先移除门店或商城。
89013 | MINI_PROGRAM_BANNED            | PERMISSION | wxa is banned | WeChat banned the mini-program; see the notices in its admin console. | 小程序被微信封禁，请查看其后台的通知。
89015 | ALREADY_LINKED                 | STATE      | has linked wxa | No action is needed: it is already linked. | 已关联，无需处理。
89016 | SAME_REAL_NAME_QUOTA           | QUOTA      | reach same realname quota | Unlink a mini-program of the same contractor first. | 先解除一个同主体小程序的关联。
89017 | OTHER_REAL_NAME_QUOTA          | QUOTA      | reach different realname quota | Unlink a mini-program of another contractor first. | 先解除一个其他主体小程序的关联。
89018 | UNLINK_MESSAGE_SENT            | STATE      | unlink message has sent | Wait for the response to the message that was sent. | 等待对方回应已发出的消息。
89019 | WEBVIEW_DOMAIN_UNCHANGED       | STATE      | 业务域名无更改，无需重复设置 | No action is needed: these domains are already set. | 域名已设置，无需处理。
89020 | WEBVIEW_DOMAIN_NOT_SET         | STATE      | 尚未设置小程序业务域名，请先在第三方平台中设置小程序业务域名后在调用本接口 | Set the web-view domains of the platform first, with SetPlatformDomains. | 先为第三方平台设置业务域名（SetPlatformDomains）。
89021 | WEBVIEW_DOMAIN_NOT_IN_PLATFORM | STATE      | 请求保存的域名不是第三方平台中已设置的小程序业务域名或子域名 | Use the platform's web-view domains or their subdomains. | 使用第三方平台的业务域名或其子域名。
89022 | WEBVIEW_DOMAIN_NOT_FOUND       | REQUEST    | delete domain is not exist! | Use a domain that the mini-program has. | 使用该小程序已有的域名。
89029 | WEBVIEW_DOMAINS_TOO_MANY       | REQUEST    | 业务域名数量超过限制 | Remove unneeded domains; a mini-program may have at most 300 web-view domains. | 删除不需要的域名，小程序最多 300 个业务域名。
89030 | OPERATION_MONTHLY_LIMIT        | QUOTA      | operation reach month limit | Wait until the next month. | 等到下个月。
`;
