export * from './audit-event.js';
export * from './cloud-event.js';
export * from './command.js';
export { Duration } from './generated/google/protobuf/duration.js';
export { BadRequest, ErrorInfo, RetryInfo } from './generated/google/rpc/error_details.js';
export { Status } from './generated/google/rpc/status.js';
export {
  AuditItem,
  AuditPreview,
  AuditState,
  AuditStatus,
  Category,
  ChangeVisitStatusRequest,
  CodeManagementClient,
  type CodeManagementServer,
  CodeManagementService,
  CommitRequest,
  ErrorCategory,
  GetAuditStatusRequest,
  GetAuditStatusResponse,
  GetGrayReleasePlanRequest,
  GetGrayReleasePlanResponse,
  GetLatestAuditStatusRequest,
  GetLatestAuditStatusResponse,
  GetSupportVersionRequest,
  GetSupportVersionResponse,
  GetTrialQrCodeRequest,
  GetTrialQrCodeResponse,
  GrayReleasePlan,
  GrayReleaseRequest,
  GrayReleaseStatus,
  ListCategoriesRequest,
  ListCategoriesResponse,
  ListPagesRequest,
  ListPagesResponse,
  Operation,
  OperationError,
  OperationState,
  ReleaseRequest,
  RevertGrayReleaseRequest,
  RevertReleaseRequest,
  SetSupportVersionRequest,
  SubmitAuditRequest,
  SubmitAuditResult,
  UgcDeclaration,
  UndoAuditRequest,
  VersionShare,
  VisitStatus,
} from './generated/wxa/code/v1/code_management.js';
export {
  AuditCompleted,
  AuditDelayed,
  AuditReason,
  AuditResult,
  AuditSource,
  CodeCommand,
  OperationCompleted,
  OperationInDoubt,
} from './generated/wxa/code/v1/events.js';
export {
  CancelOperationRequest,
  GetOperationRequest,
  ListOperationsRequest,
  ListOperationsResponse,
  OperationsClient,
  type OperationsServer,
  OperationsService,
  Resolution,
  ResolveOperationRequest,
  WaitOperationRequest,
  WatchOperationsRequest,
} from './generated/wxa/code/v1/operations.js';
export * from './methods.js';
export * from './operation.js';
export * from './outcome.js';
export * from './topics.js';
export * from './trace-context.js';
