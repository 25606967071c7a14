/** WeChat's APIs whose changes undo others, `STOP_SCOPE_UNDO_CHANGES`; the first one closes a mini-program that has no earlier version. */
export const UNDO_APIS: readonly string[] = [
  'wxa/change_visitstatus',
  'wxa/revertcoderelease',
  'wxa/revertgrayrelease',
  'wxa/undocodeaudit',
];
