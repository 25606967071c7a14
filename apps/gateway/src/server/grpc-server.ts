import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Server, ServerCredentials, ServerInterceptor, ServerOptions } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { type GrpcOptions, Transport } from '@nestjs/microservices';
import { readDescriptorSet } from '@wxa/contracts';
import type { Tracing } from '@wxa/service';
import type { GatewaySettings } from '../config.js';
import { packageDefinition, skipHandlers } from '../decode/decode-request.js';
import { beginSpans, endSpans } from '../rpc/call-span.js';
import { fairLists } from './fair-lists.js';
import { watchLimit } from './incoming-calls.js';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A trial QR code has several hundred KB, so that a response may be larger than any request. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** `files` of google.protobuf.FileDescriptorSet. */
const FILES_FIELD = 1;

/** Our services, the health service, and google.rpc.Status with its details, which no service references. */
const DESCRIPTOR_SETS = ['descriptor-set.binpb', 'health.binpb', 'error-details.binpb'];

/**
 * Options of the gRPC server. `onServer` receives the server before it accepts calls.
 * @param access what decides who may call; calls pass its interceptors first.
 */
export function grpcOptions(
  settings: GatewaySettings,
  access: {
    credentials: ServerCredentials | undefined;
    interceptors: ServerInterceptor[];
    tracing: Tracing | undefined;
  },
  onServer: (server: Server) => void,
): GrpcOptions {
  const { GRPC_ADDR, GRPC_MAX_STREAMS, GRPC_MAX_WATCH_STREAMS, GRPC_MAX_CONNECTION_AGE_MS } = settings;
  const host = GRPC_ADDR.host.includes(':') ? `[${GRPC_ADDR.host}]` : GRPC_ADDR.host;
  const limits: ServerOptions = {
    'grpc.max_concurrent_streams': GRPC_MAX_STREAMS,
    // Detects clients that disappeared without closing the connection, and frees what they occupied.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_connection_idle_ms': 300_000,
    ...(GRPC_MAX_CONNECTION_AGE_MS > 0 && { 'grpc.max_connection_age_ms': GRPC_MAX_CONNECTION_AGE_MS }),
    'grpc.enable_channelz': 0,
    // The first one is nearest to the wire.
    interceptors: [
      ...(access.tracing === undefined ? [] : [endSpans(access.tracing)]),
      ...access.interceptors,
      fairLists(),
      ...(access.tracing === undefined ? [] : [beginSpans(access.tracing)]),
      watchLimit({ inAll: GRPC_MAX_WATCH_STREAMS, perConnection: Math.ceil(GRPC_MAX_STREAMS / 2) }),
      skipHandlers,
    ],
  };
  return {
    transport: Transport.GRPC,
    options: {
      url: `${host}:${GRPC_ADDR.port}`,
      package: 'wxa.code.v1',
      packageDefinition,
      ...(access.credentials !== undefined && { credentials: access.credentials }),
      maxReceiveMessageLength: MAX_MESSAGE_BYTES,
      maxSendMessageLength: MAX_RESPONSE_BYTES,
      channelOptions: limits as GrpcOptions['options']['channelOptions'] & object,
      onLoadPackageDefinition: (_package: unknown, server: Server) => onServer(server),
    },
  };
}

/**
 * Adds the gRPC reflection service, for clients such as grpcurl. It serves the descriptors built by buf: those of
 * proto-loader lack imports and map entries, so that clients cannot resolve the services.
 */
export function addReflection(server: Pick<Server, 'addService'>): void {
  const fileDescriptorProtos = DESCRIPTOR_SETS.flatMap((name) => filesOf(readDescriptorSet(name)));
  // ReflectionService reads no other property of a package definition.
  const definition = { fileDescriptorProtos } as MessageTypeDefinition<object, object>;
  new ReflectionService({ 'wxa.code.v1': definition }).addToServer(server);
}

function filesOf(descriptorSet: Uint8Array): Buffer[] {
  const reader = new BinaryReader(descriptorSet);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILES_FIELD) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
  }
  return files;
}
