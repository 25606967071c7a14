import type { ServiceDefinition } from '@grpc/grpc-js';
import {
  AuthorizersService,
  CodeManagementService,
  OperationsService,
  TemplatesService,
} from '@wxa/contracts';
import { decodeRequest } from './decode-request.js';

/** Nest's `packageDefinition`: the services by full name, with the same codecs as the Kafka messages. */
export const packageDefinition = {
  'wxa.code.v1.CodeManagement': inspecting(CodeManagementService),
  'wxa.code.v1.Templates': inspecting(TemplatesService),
  'wxa.code.v1.Operations': inspecting(OperationsService),
  'wxa.code.v1.Authorizers': inspecting(AuthorizersService),
};

function inspecting(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: decodeRequest(method.path, method.requestDeserialize) },
    ]),
  );
}
