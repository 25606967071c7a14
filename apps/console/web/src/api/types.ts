export type {
  Json,
  MethodName,
  RequestJson as Request,
  ResponseJson as Response,
  StreamName,
} from '@wxa/client';
