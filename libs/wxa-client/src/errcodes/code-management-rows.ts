/**
 * Errcodes of the code management APIs: `errcode | reason | category | official text | hint | hint in Chinese`.
 * Source: WeChat open platform, the pages of commit, submit_audit, release and the related APIs.
 */
export const codeManagementRows = `
-1      | SYSTEM_BUSY                  | BUSY       | 系统繁忙，此时请开发者稍候再试 | WeChat was busy; the call may or may not have been executed. Check whether a change took effect before you send it again; retry a query with exponential back-off. | 微信系统繁忙，调用可能已经执行。变更请先确认是否已生效，再决定是否重发；查询可稍后重试。
0       | OK                           | INTERNAL   | 请求成功 | Success. | 成功，无需处理。
-60005  | COMMIT_REFUSED               | CONTENT    | (no text in the document) | WeChat does not document this code; check the template and ext_json, then contact WeChat support with the rid. | 微信未公开此错误码。请检查模板和 ext_json；仍失败时，携带 rid 联系微信客服。
80066   | PLUGIN_VERSION_INVALID       | CONTENT    | 非法的插件版本 | Use a published version of the plugin in the template or ext_json. | 在模板或 ext_json 中改用插件已发布的版本。
80067   | PLUGIN_NOT_FOUND             | CONTENT    | 找不到使用的插件 | Check the plugin appid in the template or ext_json. | 检查模板或 ext_json 中的插件 appid。
80082   | PLUGIN_NOT_PERMITTED         | PERMISSION | 没有权限使用该插件 | Apply for the plugin in the mini-program's admin console, then commit again. | 在小程序后台申请使用该插件，然后重新 Commit。
85006   | TAG_INVALID                  | REQUEST    | 标签格式错误 | Use at most 10 tags of at most 20 characters, separated by single spaces. | 最多填写 10 个标签，每个不超过 20 个字，用单个空格分隔。
85007   | PAGE_PATH_INVALID            | REQUEST    | 页面路径错误 | Use addresses that ListPages returns for the committed version. | 使用 ListPages 返回的页面路径。
85008   | CATEGORY_INVALID             | REQUEST    | 当前小程序没有已经审核通过的类目，请添加类目成功后重试 | Use names and ids exactly as ListCategories returns them; add a category first if it returns none. | 类目名称和 id 须与 ListCategories 的返回完全一致；若返回为空，请先在小程序后台添加类目。
85009   | AUDIT_IN_PROGRESS            | STATE      | 已经有正在审核的版本 | Wait for the open audit to end, or withdraw it with UndoAudit, then submit again. | 等待当前审核结束，或用 UndoAudit 撤回后再提交。
85010   | AUDIT_ITEM_EMPTY             | REQUEST    | item_list 有项目为空 | Set first_class, second_class and their ids in every item. | 每个审核项都要填写一级、二级类目的名称和 id。
85011   | TITLE_INVALID                | REQUEST    | 标题填写错误 | Set a title of at most 32 characters in every item. | 每个审核项都要填写标题，不超过 32 个字。
85012   | AUDIT_ID_INVALID             | REQUEST    | 无效的审核 id | Use the audit id that SubmitAudit returned for this mini-program. | 使用该小程序的 SubmitAudit 返回的审核 id。
85013   | EXT_JSON_CONFIG_INVALID      | CONTENT    | 无效的自定义配置 | Correct the configuration in ext_json; see the mini-program configuration reference. | 参照小程序配置文档修正 ext_json。
85014   | TEMPLATE_NOT_FOUND           | REQUEST    | 无效的模板编号 | Use the id of a template in the platform's template library. | 使用平台模板库中存在的模板 id（见 ListTemplates）。
85015   | ACCOUNT_OR_VERSION_INVALID   | REQUEST    | 该账号不是小程序账号/版本输入错误 | The account is no mini-program; with SetSupportVersion, use a base library version that GetSupportVersion returns. | 该账号不是小程序；若为 SetSupportVersion，请使用 GetSupportVersion 返回的基础库版本。
85019   | NO_AUDITED_VERSION           | STATE      | 没有审核版本 | Submit a version to audit and wait for its approval before releasing. | 先提交审核，审核通过后再发布。
85020   | AUDIT_NOT_APPROVED           | STATE      | 审核状态未满足发布 | Wait until the latest audit is approved; an approved version can be released only once. | 等待最近一次审核通过；每个通过的版本只能发布一次。
85021   | VISIT_STATUS_NOT_CHANGEABLE  | STATE      | 状态不可变 (status not allowed) | Release a version first, and check that the mini-program is not suspended by WeChat. | 先发布一个版本，并确认小程序没有被微信暂停服务。
85022   | VISIT_ACTION_INVALID         | REQUEST    | action非法 (invalid action) | Use open or close. | 只能填写 open 或 close。
85023   | AUDIT_ITEM_COUNT_INVALID     | REQUEST    | 审核列表填写的项目数不在 1-5 以内 | Submit 1 to 5 items. | 提交 1 至 5 个审核项。
85043   | TEMPLATE_BROKEN              | CONTENT    | 模板错误 | Upload the template again and commit the new template id. | 重新上传模板，用新的模板 id 提交代码。
85044   | PACKAGE_TOO_LARGE            | CONTENT    | 代码包超过大小限制 | Reduce the size of the code package, for example with subpackages. | 减小代码包，例如使用分包。
85045   | EXT_JSON_PATH_NOT_FOUND      | CONTENT    | ext_json 有不存在的路径 | Use only pages of the template in ext_json. | ext_json 中只能使用模板里存在的页面。
85046   | TAB_BAR_PATH_MISSING         | CONTENT    | tabBar 中缺少 path | Set a pagePath that is one of the pages in every tabBar entry. | 为 tabBar 的每一项填写 pagePath，且必须是 pages 中的页面。
85047   | PAGES_EMPTY                  | CONTENT    | pages 字段为空 | Omit pages from ext_json, or list at least one page. | 从 ext_json 中去掉 pages，或至少填写一个页面。
85048   | EXT_JSON_UNPARSABLE          | CONTENT    | ext_json 解析失败 | Send ext_json as a string that contains one JSON object. | ext_json 必须是一个 JSON 对象的字符串。
85051   | VERSION_DESC_TOO_LARGE       | REQUEST    | version_desc或者preview_info超限 | Shorten version_desc, or use fewer previews. | 缩短 version_desc，或减少预览素材。
85058   | NO_AUDIT                     | STATE      | no valid audit_id exist | No version of this mini-program was submitted to audit yet; submit one first. | 该小程序还没有提交过审核，请先提交。
85077   | CATEGORY_WITHDRAWN           | CONTENT    | 小程序类目信息失效（类目中含有官方下架的类目，请重新选择类目） | WeChat withdrew one of the categories; choose others from ListCategories. | 有类目已被微信下架，请从 ListCategories 中重新选择。
85079   | NO_ONLINE_VERSION            | STATE      | 小程序没有线上版本，不能进行灰度 | Release a first version in full before a gray release. | 先全量发布一个版本，再进行灰度发布。
85080   | GRAY_AUDIT_NOT_APPROVED      | STATE      | 小程序提交的审核未审核通过 | Wait until the submitted version is approved. | 等待提交的版本审核通过。
85081   | GRAY_PERCENTAGE_INVALID      | REQUEST    | 无效的发布比例 | Use an integer percentage of 1 to 100, or 0 with one of the two flags. | 灰度比例填写 1 至 100 的整数；填 0 时须设置两个优先标志之一。
85082   | GRAY_PERCENTAGE_NOT_HIGHER   | STATE      | 当前的发布比例需要比之前设置的高 | Use a higher percentage than that of the current plan, or revert the gray release first. | 比例必须高于当前计划；否则先取消灰度发布。
85085   | AUDIT_QUOTA_EXHAUSTED        | QUOTA      | 小程序提审数量已达本月上限，请点击查看 | The platform's audit quota for this month is exhausted; wait until it resets, or have it raised. | 平台本月提审额度已用完，请等待下月重置或申请提高额度。
85086   | COMMIT_MISSING               | STATE      | 提交代码审核之前需提前上传代码 | Commit a version before submitting it. | 先用 Commit 上传代码，再提交审核。
85087   | NAVIGATE_LIST_MISSING        | CONTENT    | 小程序已使用 api navigateToMiniProgram，请声明跳转 appid 列表后再次提交 | Declare the target appids in navigateToMiniProgramAppIdList, commit and submit again. | 在 navigateToMiniProgramAppIdList 中声明跳转的 appid，重新 Commit 后再提交审核。
85092   | PREVIEW_INVALID              | REQUEST    | preview_info格式错误 | Use lists of media ids from UploadAuditMedia as previews. | 预览素材须使用 UploadAuditMedia 返回的 media id。
85093   | PREVIEW_TOO_MANY             | REQUEST    | preview_info 视频或者图片个数超限 | Use fewer preview videos or pictures. | 减少预览视频或图片的数量。
85094   | UGC_DECLARATION_MISSING      | REQUEST    | 需提供审核机制说明信息 | Add a ugc_declaration that describes how user-generated content is moderated. | 填写 ugc_declaration，说明用户生成内容的审核机制。
85310   | PRIVATE_API_NAME_WRONG       | CONTENT    | is wrong API name | Correct the API names in requiredPrivateInfos of ext_json. | 修正 ext_json 中 requiredPrivateInfos 的接口名。
85311   | PRIVATE_API_EXCLUSIVE        | CONTENT    | is mutually exclusive | Two APIs in requiredPrivateInfos are mutually exclusive; keep one. | requiredPrivateInfos 中有两个接口互斥，只保留一个。
85312   | PRIVATE_API_NOT_AUTHORIZED   | PERMISSION | is not authorized | Apply for the private API in the mini-program's admin console before declaring it. | 先在小程序后台申请该隐私接口的权限，再声明使用。
86000   | NOT_CALLED_BY_PLATFORM       | PERMISSION | 不是由第三方代小程序进行调用 | Call with the authorizer token of a mini-program that authorized the platform. | 须使用已授权给本平台的小程序的接口调用凭据。
86001   | NO_TRIAL_VERSION             | STATE      | 不存在第三方的已经提交的代码 | Commit a version first. | 先用 Commit 上传代码。
86002   | PROFILE_INCOMPLETE           | STATE      | 小程序还未设置昵称、头像、简介。请先设置完后再重新提交 | Set the name, avatar and introduction of the mini-program, then retry. | 先设置小程序的名称、头像和简介，然后重试。
86007   | SUBMIT_FORBIDDEN             | PERMISSION | 小程序禁止提交 | WeChat does not allow this mini-program to submit; see the notices in its admin console. | 微信禁止该小程序提交审核，请查看小程序后台的通知。
86008   | PLATFORM_AUDIT_FORBIDDEN     | PERMISSION | 服务商被处罚，限制全部代码提审能力 | WeChat penalised the platform; resolve this in the open platform console. | 平台被微信处罚，无法提审，请在开放平台处理。
86009   | PLATFORM_NEW_AUDIT_LIMITED   | PERMISSION | 服务商新增小程序代码提审能力被限制 | WeChat restricts the platform's submissions for new mini-programs; see the open platform console. A rollout pauses: skip its mini-programs without a released version and resume it for the others. | 微信限制了平台新增小程序的提审，请查看开放平台。批量发布会暂停：可跳过尚未发布过的小程序，再继续其余的。
86010   | PLATFORM_AUDIT_LIMITED       | PERMISSION | 服务商迭代小程序代码提审能力被限制 | WeChat restricts the platform's submissions of further versions; see the open platform console. A rollout pauses: resume it when the restriction is lifted. | 微信限制了平台迭代版本的提审，请查看开放平台。批量发布会暂停：限制解除后再继续。
87006   | GAME_SUBMIT_FORBIDDEN        | PERMISSION | 小游戏不能提交 | Mini-games cannot be submitted through a platform. | 小游戏不能通过第三方平台提交。
87011   | GRAY_RELEASE_RUNNING         | STATE      | 现网已经在灰度发布，不能进行版本回退 | Complete or revert the gray release before reverting the version. | 先完成或取消灰度发布，再回退版本。
87012   | REVERT_NOT_POSSIBLE          | STATE      | 该版本不能回退，可能的原因：1:无上一个线上版用于回退 2:此版本为已回退版本，不能回退 3:此版本为回退功能上线之前的版本，不能回退 | There is no earlier version to restore, or the version was already reverted; release a new version instead. | 没有可回退的版本，或该版本已是回退后的版本；请改为发布新版本。
87013   | UNDO_QUOTA_EXHAUSTED         | QUOTA      | 撤回次数达到上限（每天5次，每个月 10 次） | The quota of withdrawals for today or this month is exhausted; wait for the audit's result. | 今日或本月的撤回次数已用完，请等待审核结果。
89014   | SUPPORT_VERSION_UNSUPPORTED  | REQUEST    | support version error | Use a base library version that GetSupportVersion returns. | 使用 GetSupportVersion 返回的基础库版本。
89401   | SPEED_UP_UNAVAILABLE         | BUSY       | 系统不稳定，请稍后再试，如多次失败请通过社区反馈 | Retry later. | 稍后重试。
89402   | SPEED_UP_NO_AUDIT            | STATE      | 该小程序不在待审核队列，请检查是否已提交审核或已审完 | Only a pending audit can be expedited. | 只有待审核的审核单才能加急。
89403   | SPEED_UP_NOT_SUPPORTED       | STATE      | 本单属于平台不支持加急种类，请等待正常审核流程 | This audit cannot be expedited; wait for its result. | 该审核单不支持加急，请等待审核结果。
89404   | SPEED_UP_ALREADY             | STATE      | 本单已加速成功，请勿重复提交 | The audit is already expedited; no action is needed. | 该审核单已加急，无需处理。
89405   | SPEED_UP_QUOTA_EXHAUSTED     | QUOTA      | 本月加急额度已用完，请提高提审质量以获取更多额度 | The quota of speed-ups for this month is exhausted; wait for the audit's result. | 本月加急额度已用完，请等待审核结果。
61039   | PRIVACY_CHECK_RUNNING        | STATE      | 隐私接口检查任务未完成，请稍等一分钟再重试 | WeChat is still checking the committed code; submit again after a minute, without a new commit. | 微信仍在检测已提交的代码，一分钟后再提交审核，不要重新 Commit。
61040   | PRIVACY_API_NOT_PERMITTED    | CONTENT    | ext.json配置的隐私接口xxx无权限，请申请权限后再提交审核。或者代码中含有ext.json未配置隐私接口xxx(暂无权限)，请配置并申请权限或者承诺不使用这些接口（设置参数privacy_api_not_use为true）后再提交审核。 | Apply for the private APIs named in the message, or submit with privacy_api_not_used. | 申请错误信息中列出的隐私接口权限；若不使用这些接口，提交时设置 privacy_api_not_used。
9400001 | LIVE_STREAMING_ENABLED       | STATE      | 该开发小程序已开通小程序直播权限，不支持发布版本。如需发版，请解绑开发小程序后再操作。 | Unbind the development mini-program before releasing. | 先解绑开发小程序，再发布。
9402202 | CONCURRENT_CALL              | RATE       | 请勿频繁提交，待上一次操作完成后再提交 | WeChat is still processing the previous call; retry after a pause, one call at a time. | 微信还在处理上一次调用，稍后逐个重试。
9402203 | STANDARD_TEMPLATE_EXT_JSON   | CONTENT    | 标准模板extjson错误 | With a template of the standard library, ext_json may contain only extAppid, ext and window. | 使用标准模板时，ext_json 只能包含 extAppid、ext 和 window。
`;
