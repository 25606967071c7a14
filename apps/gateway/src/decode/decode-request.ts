import type { DescMessage } from '@bufbuild/protobuf';
import {
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  AuditsService,
  AuthorizersService,
  CallsService,
  CodeManagementService,
  descriptors,
  FleetService,
  OperationsService,
  PlatformDomainsService,
  PlatformService,
  RolloutsService,
  SettingsService,
  SetupService,
  TemplatesService,
} from '@wxa/contracts';
import type { Rule, Violation } from '@wxa/methods';
import { RpcError, toStatus } from '../errors/rpc-error.js';
import { inspectRequest, LIMITS, LIMITS_OF_TARGETS, malformed } from './inspect-request.js';

/** Their requests list up to 200,000 mini-programs, or 5,000 with overrides. */
const WITH_MANY_TARGETS: ReadonlySet<string> = new Set([
  RolloutsService.createRollout.path,
  RolloutsService.addRolloutTargets.path,
]);

/** Stands in for a request that could not be decoded. */
export class RejectedRequest {
  constructor(readonly error: RpcError) {}
}

/**
 * Skips the handler of a request that could not be decoded, which is rejected, and of one that arrives together with its reset: the
 * handler runs after the other I/O events of the current event-loop iteration, and grpc-js does not forward a call that is cancelled by
 * then.
 */
export const skipHandlers: ServerInterceptor = (_method, call) => {
  let rejected = false;
  const listener = new ServerListenerBuilder()
    .withOnReceiveMessage((message, next) => {
      if (!(message instanceof RejectedRequest)) return next(message);
      rejected = true;
      call.sendStatus(toStatus(message.error));
    })
    .withOnReceiveHalfClose((next) => {
      if (!rejected) setImmediate(next);
    })
    .build();
  const responder = new ResponderBuilder().withStart((next) => next(listener)).build();
  return new ServerInterceptingCall(call, responder);
};

const DROPPED = new WeakMap<object, Violation[]>();

/** The violations of a request that are no longer visible in its decoded form. */
export const lostInDecoding: Rule<object> = (request) => DROPPED.get(request) ?? [];

/**
 * Creates the decoder for an RPC's requests. The decoder never throws: grpc-js would answer INTERNAL instead of
 * INVALID_ARGUMENT.
 * @param path path of the RPC, for example `/wxa.code.v1.CodeManagement/Commit`.
 */
export function decodeRequest(path: string, decode: (bytes: Buffer) => object): (bytes: Buffer) => object {
  const type = requestType(path);
  const limits = WITH_MANY_TARGETS.has(path) ? LIMITS_OF_TARGETS : LIMITS;
  return (bytes) => {
    try {
      const dropped = inspectRequest(type, bytes, limits);
      const request = decode(bytes);
      if (dropped.length > 0) DROPPED.set(request, dropped);
      return request;
    } catch (error) {
      return new RejectedRequest(error instanceof RpcError ? error : malformed());
    }
  };
}

/** The request message of an RPC. @param path for example `/wxa.code.v1.CodeManagement/Commit`. */
function requestType(path: string): DescMessage {
  const [, service = '', rpc] = path.split('/');
  const found = descriptors()
    .getService(service)
    ?.methods.find(({ name }) => name === rpc);
  if (found === undefined) throw new Error(`proto/descriptor-set.binpb has no ${path}; run npm run generate`);
  return found.input;
}

/** Nest's `packageDefinition`: the services by full name, with the same codecs as the Kafka messages. */
export const packageDefinition = {
  'wxa.code.v1.CodeManagement': inspecting(CodeManagementService),
  'wxa.code.v1.Setup': inspecting(SetupService),
  'wxa.code.v1.PlatformDomains': inspecting(PlatformDomainsService),
  'wxa.code.v1.Templates': inspecting(TemplatesService),
  'wxa.code.v1.Operations': inspecting(OperationsService),
  'wxa.code.v1.Authorizers': inspecting(AuthorizersService),
  'wxa.code.v1.Calls': inspecting(CallsService),
  'wxa.code.v1.Fleet': inspecting(FleetService),
  'wxa.code.v1.Audits': inspecting(AuditsService),
  'wxa.code.v1.Platform': inspecting(PlatformService),
  'wxa.code.v1.Rollouts': inspecting(RolloutsService),
  'wxa.code.v1.Settings': inspecting(SettingsService),
};

function inspecting(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: decodeRequest(method.path, method.requestDeserialize) },
    ]),
  );
}
