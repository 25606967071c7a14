/** An item that the simulator's categories and pages permit. */
export const AUDIT_ITEM = {
  address: 'index',
  tag: '学习 生活',
  title: '首页',
  firstClass: '工具',
  firstId: 1,
  secondClass: '备忘录',
  secondId: 2,
  thirdClass: '',
  thirdId: 0,
};
