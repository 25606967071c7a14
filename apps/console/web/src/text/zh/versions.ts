/** Who runs which version. */
export const versions = {
  'versions.title': '版本',
  'versions.all': '全部 {n} 个小程序',
  'versions.byLabel': '按标签',
  'versions.noLabels': '还没有标签。在小程序的页面上添加。',
  'versions.others': '其他版本',
  'versions.table': '各版本和模板的小程序数',
  'versions.count': '小程序',
  'versions.byTemplate': '模板 {id}',
  'versions.unknownTemplate': '模板未知',
};
