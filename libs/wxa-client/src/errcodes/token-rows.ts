/**
 * Errcodes of all APIs about tokens, limits, permissions and malformed calls:
 * `errcode | reason | category | official text | hint | hint in Chinese`.
 * Source: WeChat open platform, "全局错误码" and "第三方平台错误码".
 */
export const tokenRows = `
40001 | TOKEN_INVALID                 | TOKEN      | 获取 access_token 时 AppSecret 错误，或者 access_token 无效。请开发者认真比对 AppSecret  的正确性，或查看是否正在为恰当的公众号调用接口 | The token is not the latest one; obtain a new authorizer token and retry. | 接口调用凭据不是最新的，重新获取后重试。
40005 | FILE_TYPE_INVALID             | CONTENT    | 上传素材文件格式不对 | Upload PNG, JPEG or GIF pictures, or MP4 videos. | 上传 PNG、JPEG、GIF 图片或 MP4 视频。
40006 | FILE_TOO_LARGE                | CONTENT    | 上传素材文件大小超出限制 | Upload pictures of at most 2 MB and videos of at most 10 MB. | 图片不超过 2 MB，视频不超过 10 MB。
40013 | APPID_INVALID                 | REQUEST    | 不合法的appid | Check the appid: wx followed by 16 hexadecimal digits. | 检查 appid：wx 加 16 位十六进制字符。
40014 | TOKEN_MALFORMED               | TOKEN      | 不合法的 access_token ，请开发者认真比对 access_token 的有效性（如是否过期），或查看是否正在为恰当的公众号调用接口 | Obtain a new authorizer token and retry. | 重新获取小程序的接口调用凭据后重试。
40030 | REFRESH_TOKEN_MALFORMED       | TOKEN      | 不合法的 refresh_token | The mini-program must authorize the platform again, or import its latest refresh token. | 让小程序重新授权给平台，或导入其最新的 refresh token。
40091 | COMPONENT_TICKET_MALFORMED    | TOKEN      | invalid component ticket | Use the latest ticket from WeChat's callback. | 使用微信最近一次推送的 ticket。
40094 | COMPONENT_CREDENTIAL_INVALID  | TOKEN      | invalid component credential | Check the platform's appid and secret. | 检查平台的 appid 和 appsecret。
40097 | ARGUMENTS_INVALID             | REQUEST    | 参数错误 | Check every field of the request against WeChat's page for this API. | 对照微信该接口的文档检查请求的每个字段。
40125 | APPID_OR_SECRET_INVALID       | TOKEN      | 不合法的  AppID ，请开发者检查 AppID 的正确性，避免异常字符，注意大小写 | Check the appid and secret with which the token is obtained. | 检查用于获取凭据的 appid 和 appsecret。
40164 | IP_NOT_ALLOWED                | PERMISSION | invalid ip, not in whitelist | Add this server's address to the IP allow list in the open platform console. | 在开放平台把本服务器的出口 IP 加入白名单。
40170 | ARGUMENTS_TOO_MANY            | REQUEST    | args count exceed count limit | Send fewer elements in one call. | 减少一次调用中的元素数量。
41001 | TOKEN_MISSING                 | TOKEN      | 缺少 access_token 参数 | The call was sent without a token; configure one. | 调用没有携带凭据，请配置凭据来源。
41002 | APPID_MISSING                 | REQUEST    | 缺少 appid 参数 | Set the appid. | 填写 appid。
41003 | REFRESH_TOKEN_MISSING         | REQUEST    | 缺少 refresh_token 参数 | Set the mini-program's refresh token. | 填写小程序的 refresh token。
41004 | SECRET_MISSING                | REQUEST    | 缺少 secret 参数 | Set the platform's app secret. | 配置平台的 appsecret。
41005 | MEDIA_MISSING                 | REQUEST    | 缺少多媒体文件数据，传输素材无视频或图片内容 | Send the file's content. | 上传文件内容。
41018 | COMPONENT_APPID_MISSING       | REQUEST    | missing component_appid | Set the platform's own appid in the JSON body. | 在 JSON 中填写平台自己的 appid。
41021 | COMPONENT_TOKEN_MISSING       | TOKEN      | missing component_access_token | The call was sent without the component token; obtain one. | 调用没有携带平台的凭据，请先获取。
42001 | TOKEN_EXPIRED                 | TOKEN      | access_token 超时，请检查 access_token 的有效期，请参考基础支持 - 获取 access_token 中，对  access_token 的详细机制说明 | Obtain a new authorizer token and retry. | 重新获取小程序的接口调用凭据后重试。
42002 | REFRESH_TOKEN_EXPIRED         | TOKEN      | refresh_token 超时 | The mini-program must authorize the platform again. | 让小程序重新授权给平台。
42003 | OAUTH_CODE_EXPIRED            | REQUEST    | oauth_code 超时 | Repeat the authorization and use its code immediately. | 重新授权，并立即使用授权码。
42006 | COMPONENT_TOKEN_EXPIRED       | TOKEN      | component_access_token expired | Obtain a new component token, then a new authorizer token. | 先重新获取平台凭据，再获取小程序凭据。
42007 | AUTHORIZATION_REVOKED         | TOKEN      | 用户修改微信密码， accesstoken 和 refreshtoken 失效，需要重新授权 | The mini-program must authorize the platform again. | 管理员修改了密码，让小程序重新授权给平台。
43001 | GET_REQUIRED                  | REQUEST    | 需要 GET 请求 | Call this API with GET. | 该接口须用 GET 调用。
43002 | POST_REQUIRED                 | REQUEST    | 需要 POST 请求 | Call this API with POST. | 该接口须用 POST 调用。
44002 | BODY_EMPTY                    | REQUEST    | POST 的数据包为空 | Send at least an empty JSON object as the body. | 请求体至少要有一个空的 JSON 对象。
45009 | DAILY_QUOTA_EXHAUSTED         | QUOTA      | 接口调用超过限制 | Today's quota of this API is exhausted; wait until midnight in China (UTC+8), or reset the quota. | 该接口今日额度已用完，请等到北京时间零点，或重置额度。
45011 | CALLED_TOO_OFTEN              | RATE       | API 调用太频繁，请稍候再试 | Call this API less often; retry after a pause. | 降低该接口的调用频率，稍后重试。
45035 | IP_NOT_REGISTERED             | PERMISSION | access clientip is not registered, not in ip-white-list | Add this server's address to the IP allow list in the open platform console. | 在开放平台把本服务器的出口 IP 加入白名单。
47001 | BODY_UNPARSABLE               | REQUEST    | 解析 JSON/XML 内容错误 | Send valid JSON in UTF-8. | 发送 UTF-8 编码的合法 JSON。
48001 | API_NOT_AUTHORIZED            | PERMISSION | api 功能未授权，请确认公众号已获得该接口，可以在公众平台官网 - 开发者中心页中查看接口权限 | Have the mini-program authorize the permission set that includes this API. | 让小程序授权包含该接口的权限集。
48004 | API_BANNED                    | PERMISSION | api 接口被封禁，请登录 mp.weixin.qq.com 查看详情 | WeChat blocked this API for the account; see its admin console. | 微信封禁了该账号的这个接口，请查看其后台。
48006 | QUOTA_CLEAR_EXHAUSTED         | QUOTA      | api 禁止清零调用次数，因为清零次数达到上限 | The quota resets of this month are exhausted. | 本月的额度重置次数已用完。
61000 | PLATFORM_TYPE_INVALID         | PERMISSION | 无效的第三方类型 | Use the appid of a third-party platform as component_appid. | component_appid 须填写第三方平台的 appid。
61001 | PLATFORM_TYPE_MISMATCH        | PERMISSION | 第三方类型与第三方APPID不匹配 | Use the API of this platform's type; check component_appid. | 使用与平台类型相符的接口，并检查 component_appid。
61002 | PLATFORM_SERVICE_CLOSED       | PERMISSION | 第三方APPID没有开放客服 | Open the service in the open platform console. | 在开放平台开通该服务。
61003 | NOT_AUTHORIZED_TO_PLATFORM    | PERMISSION | 帐号未授权 | The mini-program has not authorized the platform, or withdrew the authorization; authorize it again. | 小程序没有授权给平台或已取消授权，请重新授权。
61004 | CLIENT_IP_NOT_AUTHORIZED      | PERMISSION | api 功能未授权，请确认公众号/小程序已获得该接口，可以在公众平台官网 - 开发者中心页中查看接口权限 | Check the IP allow list and the permission sets of the platform. | 检查平台的 IP 白名单和权限集。
61005 | COMPONENT_TICKET_EXPIRED      | TOKEN      | ticket 已过期 | Wait for the next ticket callback (every 10 minutes), or request one from WeChat. | 等待下一次 ticket 推送（每 10 分钟一次），或请求微信立即推送。
61006 | COMPONENT_TICKET_INVALID      | TOKEN      | 无效 ticket | Use the latest ticket from WeChat's callback. | 使用微信最近一次推送的 ticket。
61007 | API_NOT_AUTHORIZED_TO_PLATFORM | PERMISSION | 接口未授权给第三方平台 | Have the mini-program authorize the permission set that includes this API. | 让小程序授权包含该接口的权限集。
61008 | PLATFORM_KEY_DUPLICATE        | REQUEST    | 第三方请求的key存在重复 | Use every key only once. | 每个键只能出现一次。
61009 | AUTHORIZATION_CODE_INVALID    | REQUEST    | 无效code | Use the code of the latest authorization, once. | 使用最近一次授权的授权码，且只能使用一次。
61010 | AUTHORIZATION_CODE_EXPIRED    | REQUEST    | code已过期 | Start the authorization again. | 重新发起授权。
61011 | PLATFORM_INVALID              | PERMISSION | 无效的第三方平台 | Check component_appid and the platform's state in the open platform console. | 检查 component_appid 以及平台在开放平台的状态。
61012 | OPTION_NAME_INVALID           | REQUEST    | 无效的选项名称 | Use an option name listed on WeChat's page. | 使用微信文档中列出的选项名。
61013 | OPTION_VALUE_INVALID          | REQUEST    | 无效的选项值 | Use a value listed on WeChat's page for this option. | 使用微信文档中该选项允许的值。
61014 | COMPONENT_TOKEN_REQUIRED      | TOKEN      | 必须使用component接口的token | Call this API with the component token. | 该接口须使用平台凭据调用。
61015 | AUTHORIZER_TOKEN_REQUIRED     | TOKEN      | 必须使用商业帐号token，而不是component api | Call this API with the mini-program's authorizer token. | 该接口须使用小程序的凭据调用。
61016 | PERMISSION_SET_UNCONFIRMED    | PERMISSION | function category of API need be  confirmed by component | Confirm the permission set in the open platform console. | 在开放平台确认该权限集。
61017 | PERMISSION_SET_NOT_AUTHORIZED | PERMISSION | function category is not authorized | Have the mini-program authorize the permission set. | 让小程序授权该权限集。
61018 | ALREADY_CONFIRMED             | STATE      | 已确认 | No action is needed: it is already confirmed. | 已确认，无需处理。
61019 | CONFIRMATION_NOT_NEEDED       | STATE      | 不需要确认 | No action is needed: no confirmation is required. | 不需要确认，无需处理。
61020 | PARAMETER_WRONG               | REQUEST    | err parameter | Check every field of the request against WeChat's page for this API. | 对照微信该接口的文档检查请求的每个字段。
61021 | CANNOT_CONFIRM                | STATE      | can't confirm | It cannot be confirmed in its current state; check it in the open platform console. | 当前状态不能确认，请在开放平台查看。
61022 | CANNOT_RESUBMIT               | STATE      | can't resubmit | Wait until the previous submission has been processed. | 等待上一次提交处理完成。
61023 | REFRESH_TOKEN_INVALID         | TOKEN      | refresh_token is invalid | The mini-program must authorize the platform again, or import its latest refresh token. | 让小程序重新授权给平台，或导入其最新的 refresh token。
61024 | COMPONENT_TOKEN_API_REQUIRED  | TOKEN      | must use api(api_component_token) to  get token for component acct | Obtain the component token with api_component_token. | 用 api_component_token 获取平台凭据。
61025 | OPTION_READ_ONLY              | STATE      | read-only option | This option is read-only. | 该选项只读，不能修改。
61026 | REGISTRATION_DENIED           | PERMISSION | register access deny | The platform is not allowed to register mini-programs; see the open platform console. | 平台没有注册小程序的权限，请查看开放平台。
61027 | REGISTRATION_LIMIT            | QUOTA      | register limit exceed | Wait until registrations are possible again. | 等到可以再次注册时重试。
61028 | PLATFORM_UNPUBLISHED          | STATE      | component is unpublished | Publish the platform in the open platform console. | 在开放平台发布该平台。
61029 | PLATFORM_REPUBLISH_NEEDED     | STATE      | component need republish with base category | Publish the platform again in the open platform console. | 在开放平台重新发布该平台。
61030 | AUTHORIZATION_CANCEL_FORBIDDEN | PERMISSION | component cancel authorization not allowed | Have the mini-program's owner withdraw the authorization in its admin console. | 由小程序管理员在小程序后台取消授权。
61451 | PARAMETER_INVALID             | REQUEST    | 参数错误 (invalid parameter) | Check every field of the request against WeChat's page for this API. | 对照微信该接口的文档检查请求的每个字段。
`;
