/** Who runs which version. */
export const versions = {
  'versions.title': 'Versions',
  'versions.all': 'All {n} {n:mini-program|mini-programs}',
  'versions.byLabel': 'By label',
  'versions.noLabels': 'There are no labels yet. Add them on the page of a mini-program.',
  'versions.others': 'Other versions',
  'versions.table': 'Mini-programs by version and template',
  'versions.count': 'Mini-programs',
  'versions.byTemplate': 'Template {id}',
  'versions.unknownTemplate': 'Unknown template',
};
