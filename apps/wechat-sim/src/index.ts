export type { SimConfig } from './config.js';
export type { CallEntry, LedgerEntry, PushEntry } from './ledger.js';
export { type RunningSim, startWechatSim } from './server.js';
