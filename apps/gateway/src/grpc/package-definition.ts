import type { ServiceDefinition } from '@grpc/grpc-js';
import {
  AuthorizersService,
  CodeManagementService,
  OperationsService,
  TemplatesService,
} from '@wxa/contracts';

/** What came in place of a request that is no message of its type. */
export class MalformedRequest {}

/** The services by full name, with the codecs that Kafka is served by too: Nest's `packageDefinition`. */
export const packageDefinition = {
  'wxa.code.v1.CodeManagement': tolerant(CodeManagementService),
  'wxa.code.v1.Templates': tolerant(TemplatesService),
  'wxa.code.v1.Operations': tolerant(OperationsService),
  'wxa.code.v1.Authorizers': tolerant(AuthorizersService),
};

/** grpc-js answers a request it can't decode with INTERNAL, as if it were our fault: let it through as what it is. */
function tolerant(service: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): unknown => {
          try {
            return method.requestDeserialize(bytes);
          } catch {
            return new MalformedRequest();
          }
        },
      },
    ]),
  );
}
