import type { DescMessage } from '@bufbuild/protobuf';
import { descriptors } from '@wxa/contracts';

/** The request message of an RPC. @param path for example `/wxa.code.v1.CodeManagement/Commit`. */
export function requestType(path: string): DescMessage {
  const [, service = '', rpc] = path.split('/');
  const found = descriptors()
    .getService(service)
    ?.methods.find(({ name }) => name === rpc);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${path}; run npm run generate`);
  return found.input;
}
