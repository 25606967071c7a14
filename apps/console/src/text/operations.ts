import { texts } from './texts.js';

/** Operations, doubts, queues and audits. */
export const operations = texts({
  noLanes: { zh: '没有未完成的操作。', en: 'No mini-program has unfinished operations.' },
  laneLength: { zh: '长度', en: 'Length' },
  laneWait: { zh: '最久等待', en: 'Longest wait' },
  laneHead: { zh: '队首操作', en: 'First operation' },
  blockedBy: { zh: '阻塞于', en: 'Blocked by' },
});
