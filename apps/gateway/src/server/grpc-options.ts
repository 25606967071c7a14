import type { Server, ServerOptions } from '@grpc/grpc-js';
import { type GrpcOptions, Transport } from '@nestjs/microservices';
import type { GatewaySettings } from '../config.js';
import { malformedInterceptor } from '../decode/malformed-interceptor.js';
import { packageDefinition } from '../decode/package-definition.js';
import { resetInterceptor } from '../rpc/reset-interceptor.js';
import { watchLimit } from '../rpc/watch-limit.js';

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** A trial QR code has several hundred KB, so that a response may be larger than any request. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** Options of the gRPC server. `onServer` receives the server before it accepts calls. */
export function grpcOptions(settings: GatewaySettings, onServer: (server: Server) => void): GrpcOptions {
  const { GRPC_ADDR, GRPC_MAX_STREAMS, GRPC_MAX_WATCH_STREAMS } = settings;
  const host = GRPC_ADDR.host.includes(':') ? `[${GRPC_ADDR.host}]` : GRPC_ADDR.host;
  const limits: ServerOptions = {
    'grpc.max_concurrent_streams': GRPC_MAX_STREAMS,
    // Detects clients that disappeared without closing the connection, and frees what they occupied.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
    interceptors: [watchLimit(GRPC_MAX_WATCH_STREAMS), malformedInterceptor, resetInterceptor],
  };
  return {
    transport: Transport.GRPC,
    options: {
      url: `${host}:${GRPC_ADDR.port}`,
      package: 'wxa.code.v1',
      packageDefinition,
      maxReceiveMessageLength: MAX_MESSAGE_BYTES,
      maxSendMessageLength: MAX_RESPONSE_BYTES,
      channelOptions: limits as GrpcOptions['options']['channelOptions'] & object,
      onLoadPackageDefinition: (_package: unknown, server: Server) => onServer(server),
    },
  };
}
