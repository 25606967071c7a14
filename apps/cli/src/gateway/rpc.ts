import type { MethodService } from '@wxa/contracts';

/** The name of an RPC, as in `CodeManagement/Commit`. */
export type RpcName =
  `${MethodService | 'Operations' | 'Audits' | 'Platform' | 'Rollouts' | 'Settings'}/${string}`;
