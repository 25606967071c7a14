import { create, fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import {
  status as Code,
  Metadata,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { afterAll, beforeAll } from '@jest/globals';
import { methodOf } from '@wxa/client';
import { ErrorInfo, RetryInfo, Status } from '@wxa/contracts';

type Answer = (error: object | null, response?: JsonObject) => void;

/**
 * Answers RPCs, as `Operations/GetOperation`, from a request in JSON, the first one of a stream; throws the error of a call. A call
 * without a response stays open.
 */
export type Stubs = Record<string, (request: JsonObject) => JsonObject | undefined>;

/** A gateway of this process for the tests of a spec file. Returns the settings of `wxa` that reach it. */
export function useStubGateway(stubs: Stubs): Record<string, string> {
  const server = new Server();
  const settings: Record<string, string> = { WXA_PLAINTEXT: '1' };
  for (const [rpc, answerTo] of Object.entries(stubs))
    server.addService(definitionOf(rpc), { [rpc]: handler(answerTo) });
  beforeAll(async () => {
    const port = await new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
    settings.WXA_GATEWAY = `127.0.0.1:${port}`;
  });
  afterAll(() => server.forceShutdown());
  return settings;
}

/** An error with the details that the gateway gives it; a client that repeats the call does so at once. */
export function callError(code: Code, reason: string): object {
  const retryDelay = { seconds: 0n, nanos: 1 };
  const info = ErrorInfo.encode(ErrorInfo.create({ reason, domain: 'wxa.code.v1' })).finish();
  const parts = { ErrorInfo: info, RetryInfo: RetryInfo.encode({ retryDelay }).finish() };
  const details = Object.entries(parts).map(([name, value]) => ({
    typeUrl: `type.googleapis.com/google.rpc.${name}`,
    value: Buffer.from(value),
  }));
  const metadata = new Metadata();
  const bytes = Status.encode({ code, message: '', details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  return Object.assign(new Error(reason), { code, details: Code[code], metadata });
}

type Call = ServerUnaryCall<JsonObject, JsonObject> | ServerReadableStream<JsonObject, JsonObject>;

function handler(answerTo: Stubs[string]) {
  return (call: Call, answer: Answer) => {
    const reply = (request: JsonObject) => {
      try {
        const response = answerTo(request);
        if (response !== undefined) answer(null, response);
      } catch (error) {
        answer(error as object);
      }
    };
    return 'request' in call ? reply(call.request) : call.once('data', reply);
  };
}

function definitionOf(rpc: string) {
  const { parent, name, input, output, methodKind } = methodOf(rpc);
  const definition = {
    path: `/${parent.typeName}/${name}`,
    requestStream: methodKind === 'client_streaming',
    responseStream: false as const,
    requestSerialize: (request: JsonObject) => Buffer.from(toBinary(input, fromJson(input, request))),
    requestDeserialize: (bytes: Buffer) =>
      toJson(input, bytes.length === 0 ? create(input) : fromBinary(input, bytes)) as JsonObject,
    responseSerialize: (response: JsonObject) => Buffer.from(toBinary(output, fromJson(output, response))),
    responseDeserialize: (bytes: Buffer) => toJson(output, fromBinary(output, bytes)) as JsonObject,
  };
  return { [rpc]: definition };
}
