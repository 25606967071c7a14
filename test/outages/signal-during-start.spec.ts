import { expect, it } from '@jest/globals';
import { mainOf, runNode } from '../programs.js';

/** Imported first: the program gets SIGTERM when it begins to listen, and never listens. */
const SIGTERM_AT_LISTEN = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:net';
  Server.prototype.listen = function () {
    setInterval(() => undefined, 1000);
    process.kill(process.pid, 'SIGTERM');
    return this;
  };`)}`;

// A container's first process gets no signal without a handler.
it('A worker that gets SIGTERM while it starts exits at once with 0', async () => {
  const env = {
    DATABASE_URL: 'postgres://u:p@database.invalid/d',
    KAFKA_BROKERS: 'broker.invalid:9092',
    WECHAT_TOKEN_SOURCE: 'static',
    WECHAT_STATIC_TOKENS: '{"*":"token"}',
  };
  const { code, stdout } = await runNode(['--import', SIGTERM_AT_LISTEN, mainOf('release-worker')], env);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"msg":"stopped"') });
});
