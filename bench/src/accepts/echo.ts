// A bare grpc-js server, for comparison: it answers each Commit with what ours would answer, and does nothing else.
// GRPC_ADDR says where it listens.
import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type CodeManagementServer, CodeManagementService, Operation } from '@wxa/contracts';

const commit: CodeManagementServer['commit'] = ({ request: { appid } }, answer) =>
  answer(null, {
    ...Operation.fromJSON({ method: 'Commit', state: 'OPERATION_STATE_QUEUED' }),
    id: randomUUID(),
    requestId: randomUUID(),
    appid,
    createTime: new Date(),
  });

// As the gateway has it.
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService({ commit: CodeManagementService.commit }, { commit });
server.bindAsync(process.env.GRPC_ADDR ?? '', ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
