import { texts } from './texts.js';

/** Names of states: keys are `<enum>.<value>`, where the value has no prefix of its enum. */
export const names = texts({
  'operation.QUEUED': { zh: '排队', en: 'queued' },
  'operation.RUNNING': { zh: '执行中', en: 'running' },
  'operation.RETRYING': { zh: '重试中', en: 'retrying' },
  'operation.IN_DOUBT': { zh: '存疑', en: 'in doubt' },
  'operation.SUCCEEDED': { zh: '成功', en: 'succeeded' },
  'operation.FAILED': { zh: '失败', en: 'failed' },
  'operation.CANCELLED': { zh: '已取消', en: 'cancelled' },
  'rollout.DRAFT': { zh: '草稿', en: 'draft' },
  'rollout.RUNNING': { zh: '运行中', en: 'running' },
  'rollout.PAUSED': { zh: '已暂停', en: 'paused' },
  'rollout.CANCELLING': { zh: '取消中', en: 'cancelling' },
  'rollout.COMPLETED': { zh: '已完成', en: 'completed' },
  'rollout.CANCELLED': { zh: '已取消', en: 'cancelled' },
  'age.seconds': { zh: '{n} 秒', en: '{n} s' },
  'age.minutes': { zh: '{n} 分钟', en: '{n} min' },
  'age.hours': { zh: '{n} 小时', en: '{n} h' },
  'age.days': { zh: '{n} 天', en: '{n} d' },
});
