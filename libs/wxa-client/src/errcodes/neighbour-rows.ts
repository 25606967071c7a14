/**
 * Codes of neighbouring APIs (testers, names, domains, QR rules, templates, bindings):
 * `errcode | reason | category | official text | what to do`; without its own, the category's hint is given.
 * Source: WeChat open platform, "第三方平台错误码".
 */
export const neighbourRows = `
85001 | WECHAT_ID_NOT_FOUND            | REQUEST    | 微信号不存在或微信号设置为不可搜索 |
85002 | TESTERS_FULL                   | QUOTA      | 小程序绑定的体验者数量达到上限 |
85003 | TESTER_BOUND_TOO_OFTEN         | QUOTA      | 微信号绑定的小程序体验者达到上限 |
85004 | TESTER_ALREADY_BOUND           | STATE      | 微信号已经绑定 |
85005 | NOT_BOUND                      | STATE      | appid not bind weapp |
85016 | DOMAINS_TOO_MANY               | QUOTA      | 域名数量超过限制 ，总数不能超过1000 |
85017 | NO_NEW_DOMAIN                  | STATE      | 没有新增域名，请确认小程序已经添加了域名或该域名是否没有在第三方平台添加 |
85018 | DOMAIN_NOT_IN_PLATFORM         | STATE      | 域名没有在第三方平台设置 |
85024 | MATERIAL_INCOMPLETE            | STATE      | need complete material |
85025 | PHONE_BIND_LIMIT               | QUOTA      | this phone reach bind limit |
85026 | WECHAT_ACCOUNT_BIND_LIMIT      | QUOTA      | this wechat account reach bind limit |
85027 | ID_CARD_BIND_LIMIT             | QUOTA      | this idcard reach bind limit |
85028 | CONTRACTOR_BIND_LIMIT          | QUOTA      | this contractor reach bind limit |
85029 | NICKNAME_TAKEN                 | CONTENT    | nickname has used |
85030 | NICKNAME_LENGTH_INVALID        | REQUEST    | invalid nickname size(4-30) |
85031 | NICKNAME_FORBIDDEN             | CONTENT    | nickname is forbidden |
85032 | NICKNAME_COMPLAINED            | CONTENT    | nickname is complained |
85033 | NICKNAME_ILLEGAL               | CONTENT    | nickname is illegal |
85034 | NICKNAME_PROTECTED             | CONTENT    | nickname is protected |
85035 | NICKNAME_OF_OTHER_CONTRACTOR   | CONTENT    | nickname is forbidden for different contractor |
85036 | INTRODUCTION_ILLEGAL           | CONTENT    | introduction is illegal |
85038 | STORE_ALREADY_ADDED            | STATE      | store has added |
85039 | STORE_ADDED_BY_OTHERS          | STATE      | store has added by others |
85040 | STORE_ADDED_BY_YOURSELF        | STATE      | store has added by yourseld |
85041 | CREDENTIAL_USED                | STATE      | credential has used |
85042 | NEARBY_LIMIT                   | QUOTA      | nearby reach limit |
85049 | PROFILE_CHANGE_LIMIT           | QUOTA      | reach headimg or introduction quota limit |
85050 | VERIFICATION_RUNNING           | STATE      | verifying, don't apply again |
85052 | ALREADY_RELEASED               | STATE      | app is already released |
85053 | MERCHANT_APPLICATION_MISSING   | STATE      | please apply merchant first |
85054 | POI_UPGRADE_NEEDED             | STATE      | poi_id is null, please upgrade first |
85055 | POI_INVALID                    | REQUEST    | map_poi_id is invalid |
85056 | MEDIA_ID_INVALID               | REQUEST    | mediaid is invalid |
85057 | WIDGET_DATA_INVALID            | REQUEST    | invalid widget data format |
85059 | OVERSEAS_DENIED                | PERMISSION | overseas access deny |
85060 | TASK_ID_INVALID                | REQUEST    | invalid taskid |
85061 | PHONE_REGISTER_LIMIT           | QUOTA      | this phone reach bind limit |
85062 | PHONE_BLOCKED                  | PERMISSION | this phone in black list |
85063 | ID_CARD_BLOCKED                | PERMISSION | idcard in black list |
85064 | TEMPLATE_NOT_IN_LIBRARY        | REQUEST    | 找不到模板 |
85065 | TEMPLATE_LIBRARY_FULL          | QUOTA      | 模板库已满 |
85066 | LINK_INVALID                   | REQUEST    | 链接错误 |
85067 | INPUT_INVALID                  | REQUEST    | input data error |
85068 | TEST_LINK_NOT_SUBLINK          | REQUEST    | 测试链接不是子链接 |
85069 | VERIFICATION_FILE_FAILED       | STATE      | 校验文件失败 |
85070 | QR_RULE_PERSONAL_FORBIDDEN     | PERMISSION | 个人类型小程序无法设置二维码规则 |
85071 | LINK_ALREADY_ADDED             | STATE      | 已添加该链接，请勿重复添加 |
85072 | LINK_OCCUPIED                  | STATE      | 该链接已被占用 |
85073 | QR_RULES_FULL                  | QUOTA      | 二维码规则已满 |
85074 | QR_RULE_NOT_RELEASED           | STATE      | 小程序未发布, 小程序必须先发布代码才可以发布二维码跳转规则 |
85075 | QR_RULE_PERSONAL_REFUSED       | PERMISSION | 个人类型小程序无法设置二维码规则 |
85078 | OPERATOR_INFO_WRONG            | REQUEST    | operator info error |
85083 | SEARCH_FLAG_BANNED             | PERMISSION | 搜索标记位被封禁，无法修改 |
85084 | SEARCH_STATUS_INVALID          | REQUEST    | 非法的 status 值，只能填 0 或者 1 |
85088 | NO_QBASE_PRIVILEGE             | PERMISSION | no qbase privilege |
85089 | CONFIG_NOT_FOUND               | STATE      | config not found |
85090 | EXT_APPID_COMMIT_LATER         | STATE      | wait and commit for this exappid later |
85091 | SEARCH_CLOSED                  | STATE      | 小程序的搜索开关被关闭。请访问设置页面打开开关再重试 |
86003 | NO_MALL_CATEGORY               | PERMISSION | component do not has category mall |
86004 | WECHAT_ACCOUNT_INVALID         | REQUEST    | invalid wechat |
86005 | WECHAT_ACCOUNT_TOO_FREQUENT    | QUOTA      | wechat limit frequency |
86006 | GROUP_MESSAGE_QUOTA_EXHAUSTED  | QUOTA      | has no quota to send group msg |
87007 | SESSION_KEY_INVALID            | REQUEST    | session_key is not existd or expired |
87008 | SIGNATURE_METHOD_INVALID       | REQUEST    | invalid sig_method |
87009 | SIGNATURE_INVALID              | REQUEST    | 无效的签名 |
87010 | BUFFER_SIZE_INVALID            | REQUEST    | invalid buffer size |
89000 | OPEN_ACCOUNT_ALREADY_BOUND     | STATE      | account has bound open，该公众号/小程序已经绑定了开放平台帐号 |
89001 | CONTRACTOR_MISMATCH            | PERMISSION | not same contractor，Authorizer 与开放平台帐号主体不相同 |
89002 | OPEN_ACCOUNT_NOT_BOUND         | STATE      | open not exists，该公众号/小程序未绑定微信开放平台帐号。 |
89003 | OPEN_ACCOUNT_NOT_OURS          | PERMISSION | 该开放平台帐号并非通过 api 创建，不允许操作 |
89004 | OPEN_ACCOUNT_BIND_LIMIT        | QUOTA      | 该开放平台帐号所绑定的公众号/小程序已达上限（100  个） |
89005 | VIDEO_ADD_BANNED               | PERMISSION | without add video ability, the ability was banned |
89006 | VIDEO_UPLOAD_BANNED            | PERMISSION | without upload video ability, the ability was banned |
89007 | LINK_QUOTA_EXHAUSTED           | QUOTA      | wxa quota limit |
89008 | OVERSEAS_LINK_FORBIDDEN        | PERMISSION | overseas account can not link |
89009 | LINK_LIMIT                     | QUOTA      | wxa reach link limit |
89010 | LINK_MESSAGE_SENT              | STATE      | link message has sent |
89011 | NEARBY_UNLINK_FORBIDDEN        | STATE      | can not unlink nearby wxa |
89012 | STORE_UNLINK_FORBIDDEN         | STATE      | can not unlink store or mall |
89013 | MINI_PROGRAM_BANNED            | PERMISSION | wxa is banned |
89015 | ALREADY_LINKED                 | STATE      | has linked wxa |
89016 | SAME_REAL_NAME_QUOTA           | QUOTA      | reach same realname quota |
89017 | OTHER_REAL_NAME_QUOTA          | QUOTA      | reach different realname quota |
89018 | UNLINK_MESSAGE_SENT            | STATE      | unlink message has sent |
89019 | WEBVIEW_DOMAIN_UNCHANGED       | STATE      | 业务域名无更改，无需重复设置 |
89020 | WEBVIEW_DOMAIN_NOT_SET         | STATE      | 尚未设置小程序业务域名，请先在第三方平台中设置小程序业务域名后在调用本接口 |
89021 | WEBVIEW_DOMAIN_NOT_IN_PLATFORM | REQUEST    | 请求保存的域名不是第三方平台中已设置的小程序业务域名或子域名 |
89022 | WEBVIEW_DOMAIN_NOT_FOUND       | REQUEST    | delete domain is not exist! |
89029 | WEBVIEW_DOMAINS_TOO_MANY       | QUOTA      | 业务域名数量超过限制，最多可以添加100个业务域名 |
89030 | OPERATION_MONTHLY_LIMIT        | QUOTA      | operation reach month limit |
`;
