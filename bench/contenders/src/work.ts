// A worker process: CONTENDER is its name, CONFIG a ContenderConfig as JSON; READY_PORT responds with 200 when it is ready.
import { createServer } from 'node:http';
import type { ContenderConfig } from '@wxa/bench';
import { contenders } from './contenders.js';
import { wechat } from './wechat.js';

const { CONTENDER = '', CONFIG = '', READY_PORT } = process.env;
const contender = contenders[CONTENDER];
if (contender === undefined) throw new Error(`unknown contender: ${CONTENDER}`);
const config: ContenderConfig = JSON.parse(CONFIG);
await contender.work(config, wechat(config));
createServer((_, response) => response.end()).listen(Number(READY_PORT), '127.0.0.1');
