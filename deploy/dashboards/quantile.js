/** The expression of a quantile of a histogram over five minutes. @param by labels, separated by commas */
export const quantile = (q, metric, by = '') =>
  `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket[5m])))`;
