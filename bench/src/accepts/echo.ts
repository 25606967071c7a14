// A bare grpc-js server, for comparison: it returns the same message for a Commit as the gateway and does nothing else. It
// sends its address to the process that forked it, and exits when that process disconnects.
import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type CodeManagementServer, CodeManagementService, Operation } from '@wxa/contracts';

const commit: CodeManagementServer['commit'] = ({ request: { appid } }, respond) =>
  respond(null, {
    ...Operation.fromJSON({ method: 'Commit', state: 'OPERATION_STATE_QUEUED' }),
    id: randomUUID(),
    requestId: randomUUID(),
    appid,
    createTime: new Date(),
  });

process.on('disconnect', () => process.exit());
// The same option as in the gateway.
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService({ commit: CodeManagementService.commit }, { commit });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send?.(`127.0.0.1:${port}`);
});
