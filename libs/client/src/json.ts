import {
  create,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { descriptors } from '@wxa/contracts';
import type { RpcMethod } from './calls.js';

/** The descriptor of an RPC. @param rpc as in `CodeManagement/Commit`. */
export function methodOf(rpc: string): DescMethod {
  const [service, name] = rpc.split('/');
  const found = descriptors()
    .getService(`wxa.code.v1.${service}`)
    ?.methods.find((method) => method.name === name);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${rpc}; run npm run generate`);
  return found;
}

/** An RPC whose request and response are canonical proto3 JSON; a response has all fields but messages that are not set. */
export function jsonMethod(rpc: string): RpcMethod<JsonObject, JsonObject> {
  const { parent, name, input, output } = methodOf(rpc);
  const registry = descriptors();
  return {
    path: `/${parent.typeName}/${name}`,
    requestSerialize: (request) => Buffer.from(toBinary(input, fromJson(input, request, { registry }))),
    responseDeserialize: (bytes) =>
      toJson(output, bytes.length === 0 ? create(output) : fromBinary(output, bytes), {
        alwaysEmitImplicit: true,
        registry,
      }) as JsonObject,
  };
}
