// One worker process: CONTENDER names it, PLACE is a Place as JSON, READY_PORT answers 200 when it works.
import { createServer } from 'node:http';
import type { Place } from '@wxa/bench';
import { contenders } from './contenders.js';
import { wechat } from './wechat.js';

const { CONTENDER = '', PLACE = '', READY_PORT } = process.env;
const contender = contenders[CONTENDER];
if (contender === undefined) throw new Error(`no such contender: ${CONTENDER}`);
const place: Place = JSON.parse(PLACE);
await contender.work(place, wechat(place));
createServer((_, response) => response.end()).listen(Number(READY_PORT), '127.0.0.1');
