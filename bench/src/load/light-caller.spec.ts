import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CodeManagementServer, CodeManagementService, Operation } from '@wxa/contracts';
import { LightCaller } from './light-caller.js';

const server = new Server();
let caller: LightCaller;

const commit: CodeManagementServer['commit'] = ({ request: { appid, templateId, userVersion } }, respond) => {
  if (appid === 'wxrejected') respond({ code: status.INVALID_ARGUMENT, details: 'appid' });
  else
    respond(null, { ...Operation.fromJSON({ method: 'Commit' }), appid, id: `${templateId} ${userVersion}` });
};

beforeAll(async () => {
  server.addService({ commit: CodeManagementService.commit }, { commit });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  caller = new LightCaller(`127.0.0.1:${port}`);
});

afterAll(async () => {
  await caller.stop();
  server.forceShutdown();
});

it('A gRPC server answers 500 concurrent calls, each with its own response.', async () => {
  const versions = Array.from({ length: 500 }, (_, i) => `1.${i}`);
  const answers = await Promise.all(versions.map((version) => caller.commit('wx00', version)));
  expect(answers.map(({ id }) => id)).toEqual(versions.map((version) => `1 ${version}`));
});

it('A rejected call rejects with its grpc-status and message.', async () => {
  await expect(caller.commit('wxrejected', '1.0')).rejects.toThrow('grpc-status 3: appid');
});
