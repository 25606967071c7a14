/** Who may use the console. */
export const users = {
  'users.title': '用户与角色',
  'users.list': '用户文件中的用户',
  'users.none': '没有使用用户文件',
  'users.name': '用户名',
  'users.role': '角色',
  'users.may': '可以',
  'users.may.viewer': '查看所有页面',
  'users.may.operator': '查看并操作',
  'users.scope': '小程序范围',
  'users.allMiniPrograms': '全部',
  'users.trail': '审计日志',
  'users.actions': '动作',
  'users.groups': '单点登录的用户组',
  'users.group': '用户组',
  'users.how': '用户由运维人员在服务器上管理，文件变更后立即生效：',
};
